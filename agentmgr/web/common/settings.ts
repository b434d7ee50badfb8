// What people chose for this browser, on any page of the server.

/** Return what was chosen, empty if nothing was. */
export const setting = (name: string): string => localStorage.getItem(`agentmgr.${name}`) ?? "";

export const set = (name: string, value: string): void => localStorage.setItem(`agentmgr.${name}`, value);
