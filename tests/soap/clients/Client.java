// Calls what it is told, by the classes that JAX-WS' wsimport makes: java Client URL DIRECTORY-OF-WSDLS
// A line for each call: service, user, operation and the request's fields as in a form, a name for each level:
// ContactToBeSaved.AttributeObj.0.Name=Plan. A line of JSON each for the answer, or the refusal's code.

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.jws.WebMethod;
import javax.jws.WebParam;
import javax.xml.bind.JAXBElement;
import javax.xml.bind.annotation.XmlElement;
import javax.xml.bind.annotation.XmlElementRef;
import javax.xml.namespace.QName;
import javax.xml.ws.BindingProvider;

public class Client {
    static final Map<String, Object> ports = new HashMap<>();
    static String url;
    static File wsdls;

    static Object port(String service, String user) throws Exception {
        Object port;
        if (service.equals("VP_POMAgentAPIService")) {
            port = new agents.VPPOMAgentAPIService_Service(
                new File(wsdls, service + ".wsdl").toURI().toURL()).getAgentAPISOAP();
        } else {
            port = new campaigns.VPPOMCmpMgmtService_Service(
                new File(wsdls, service + ".wsdl").toURI().toURL()).getCmpMgmtSOAP();
        }
        Map<String, Object> context = ((BindingProvider) port).getRequestContext();
        context.put(BindingProvider.ENDPOINT_ADDRESS_PROPERTY, url + "/axis2/services/" + service);
        context.put(BindingProvider.USERNAME_PROPERTY, user);
        context.put(BindingProvider.PASSWORD_PROPERTY, "demo");
        return port;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> fields(String form) throws Exception {
        Map<String, Object> all = new LinkedHashMap<>();
        for (String pair : form.isEmpty() ? new String[0] : form.split("&")) {
            String[] sides = pair.split("=", 2), names = URLDecoder.decode(sides[0], "UTF-8").split("\\.");
            Map<String, Object> at = all;
            for (int each = 0; each < names.length - 1; each++) {
                at = (Map<String, Object>) at.computeIfAbsent(names[each], name -> new LinkedHashMap<>());
            }
            at.put(names[names.length - 1], URLDecoder.decode(sides[1], "UTF-8"));
        }
        return all;
    }

    @SuppressWarnings("unchecked")
    static Object read(Object value, Type type) throws Exception {
        if (type instanceof ParameterizedType listed && listed.getRawType() == List.class) {
            List<Object> list = new ArrayList<>();
            for (Object each : value == null ? List.of() : ((Map<String, Object>) value).values()) {
                list.add(read(each, listed.getActualTypeArguments()[0]));
            }
            return list;
        }
        Class<?> made = (Class<?>) type;
        if (value == null || made == String.class) return value;
        if (made == int.class || made == Integer.class) return Integer.valueOf((String) value);
        if (made == double.class || made == Double.class) return Double.valueOf((String) value);
        if (made == boolean.class || made == Boolean.class) return Boolean.valueOf((String) value);
        if (made.isEnum()) return made.getMethod("fromValue", String.class).invoke(null, value);
        Object bean = made.getConstructor().newInstance();
        Map<String, Object> given = (Map<String, Object>) value;
        for (Field field : made.getDeclaredFields()) {
            field.setAccessible(true);
            if (!given.containsKey(name(field))) continue;
            XmlElementRef nillable = field.getAnnotation(XmlElementRef.class);
            field.set(bean, nillable == null
                ? read(given.get(name(field)), field.getGenericType())
                : new JAXBElement<>(
                    new QName(nillable.namespace(), nillable.name()), String.class, (String) given.get(name(field))));
        }
        return bean;
    }

    static String name(Field field) {
        XmlElementRef nillable = field.getAnnotation(XmlElementRef.class);
        if (nillable != null) return nillable.name();
        XmlElement element = field.getAnnotation(XmlElement.class);
        return element == null || element.name().equals("##default") ? field.getName() : element.name();
    }

    static String json(Object value) throws Exception {
        if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
        if (value instanceof JAXBElement<?> nillable) return json(nillable.getValue());
        if (value instanceof List<?> list) {
            List<String> each = new ArrayList<>();
            for (Object item : list) each.add(json(item));
            return "[" + String.join(",", each) + "]";
        }
        if (value.getClass().getPackageName().matches("agents|campaigns") && !value.getClass().isEnum()) {
            List<String> each = new ArrayList<>();
            for (Field field : value.getClass().getDeclaredFields()) {
                field.setAccessible(true);
                each.add(json(name(field)) + ":" + json(field.get(value)));
            }
            return "{" + String.join(",", each) + "}";
        }
        return "\"" + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    static String said(String service, String user, String operation, String form) throws Exception {
        String of = service + " " + user;
        if (!ports.containsKey(of)) ports.put(of, port(service, user));
        Map<String, Object> given = fields(form);
        for (Method method : ports.get(of).getClass().getInterfaces()[0].getMethods()) {
            WebMethod called = method.getAnnotation(WebMethod.class);
            if (called == null || !called.operationName().equals(operation)) continue;
            Annotation[][] marks = method.getParameterAnnotations();
            Object[] values = new Object[marks.length];
            for (int each = 0; each < marks.length; each++) {
                String field = ((WebParam) marks[each][0]).name();
                values[each] = read(given.get(field), method.getGenericParameterTypes()[each]);
            }
            try {
                return "{\"answer\":" + json(method.invoke(ports.get(of), values)) + "}";
            } catch (InvocationTargetException failed) {
                Throwable fault = failed.getCause();
                Object info = fault.getClass().getMethod("getFaultInfo").invoke(fault);
                return "{\"code\":" + info.getClass().getMethod("getRetCode").invoke(info) + "}";
            }
        }
        throw new IllegalArgumentException(operation);
    }

    public static void main(String[] args) throws Exception {
        url = args[0];
        wsdls = new File(args[1]);
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String[] words = line.split(" ", 4);
            out.println(said(words[0], words[1], words[2], words[3]));
        }
    }
}
