// A day of an integrator, by the classes that JAX-WS' wsimport makes: java Day URL NAME DIRECTORY-OF-WSDLS

import agents.*;
import campaigns.*;
import java.io.File;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import javax.xml.ws.BindingProvider;

public class Day {
    static PrintStream out;

    static void say(String step, Object value) {
        out.println(step + ": " + value);
    }

    static void refused(String step, Callable<?> call) throws Exception {
        try {
            call.call();
            say(step, "done");
        } catch (Exception fault) {
            Object info = fault.getClass().getMethod("getFaultInfo").invoke(fault);
            say(step, info.getClass().getMethod("getRetCode").invoke(info));
        }
    }

    static <T> T signedIn(T port, String address) {
        Map<String, Object> context = ((BindingProvider) port).getRequestContext();
        context.put(BindingProvider.ENDPOINT_ADDRESS_PROPERTY, address);
        context.put(BindingProvider.USERNAME_PROPERTY, "admin");
        context.put(BindingProvider.PASSWORD_PROPERTY, "demo");
        return port;
    }

    public static void main(String[] args) throws Exception {
        out = new PrintStream(System.out, true, "UTF-8");
        String url = args[0] + "/axis2/services/", name = args[1];
        VPPOMAgentAPIService agents = signedIn(
            new VPPOMAgentAPIService_Service(new File(args[2], "agents.wsdl").toURI().toURL()).getAgentAPISOAP(),
            url + "VP_POMAgentAPIService");
        VPPOMCmpMgmtService campaigns = signedIn(
            new VPPOMCmpMgmtService_Service(new File(args[2], "campaigns.wsdl").toURI().toURL()).getCmpMgmtSOAP(),
            url + "VP_POMCmpMgmtService");
        say("campaign", campaigns.getCampaignDetails(List.of()).stream()
            .anyMatch(each -> each.getCampaignName().equals("Preview")));
        say("list", campaigns.getContactListNames("Preview").get(0));
        ContactDataType contact = new ContactDataType();
        contact.setUserContactId(name);
        contact.setContactListName("Preview");
        contact.setFirstName("Zo\u00eb & <Ada>");
        contact.setPhoneNumber1("+4930901820");
        say("saved", agents.saveContactToList(contact, null, null, null, null, null));
        say("saved again", agents.saveContactToList(contact, null, null, null, null, null));
        agents.updateContactAttributeValueToList(name, "Preview", "LastName", "Day");
        ContactDataType found = agents.getContactDataFromList(name, "Preview");
        say("contact", found.getFirstName() + " " + found.getLastName());
        refused("no contact", () -> agents.getContactDataFromList("?", "Preview"));
        JobIDsAndStates job = campaigns.getCampaignJobs("Preview", List.of("JOB_ACTIVE")).get(0);
        say("job", job.getJobState());
        say("paused", campaigns.pauseActiveJob(job.getJobID()));
        refused("paused again", () -> campaigns.pauseActiveJob(job.getJobID()));
        say("resumed", campaigns.resumePausedJob(job.getJobID()));
        say("codes", agents.getAllCompletionCodesForCampaign(job.getJobID()).get(0));
        refused("in the job", () -> agents.addContactFromListToJob("Preview", name, "Preview", null));
        String address = "+4930901821";
        say("listed", agents.isDNC(address, null, null, null));
        say("put on the list", agents.addToDNCList(address, null, null, null));
        refused("put there again", () -> agents.addToDNCList(address, null, null, null));
        say("taken off", agents.removeFromDNCList(address, null, null, null));
        refused("no imports", () -> campaigns.getImportJobStatus("?", List.of()));
        refused("no time", () -> campaigns.scheduleDataSource("?", "soon", "Europe/Berlin"));
    }
}
