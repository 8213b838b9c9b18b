//! The protocol log.

use super::*;

pub(super) const FIELDS: &str =
    "#Fields: dateTime,sessionId,seqNumber,sIp,cIp,user,duration,rqsize,rpsize,command,parameters,context,puid";

fn log(tail: Vec<String>, head: Vec<&'static str>) -> impl FnMut(&Request) -> Envelope {
    move |request| match request.cmdlet.as_str() {
        "Get-ImapSettings" => envelope(json!([{"Server": "MBX1", "LogFileLocation": "D:\\Logs\\Imap4\\"}])),
        _ => {
            assert_eq!(request.place, Target::Computer { name: "mbx1.contoso.com".to_owned() });
            assert_eq!(request.parameters["Path"], json!("D:\\Logs\\Imap4\\IMAP4*.LOG"));
            let like = &request.filter.as_ref().unwrap().like;
            let lines: Vec<String> = if request.parameters.contains_key("Tail") {
                tail.clone()
            } else {
                head.iter().map(|line| (*line).to_owned()).collect()
            };
            let lines = lines.into_iter().filter(|line| crate::transport::powershell::is_like(line, like));
            envelope(json!(lines.map(|line| json!({"Line": line})).collect::<Vec<_>>()))
        }
    }
}

#[tokio::test]
async fn a_front_end_says_where_it_proxied_to() {
    let line = |time: &str, server: &str| {
        format!(
            "{time},0a,3,1:993,2:5,u,12,43,20,login,u *****,\"R=OK;Msg=\"\"Proxy:{server}:1993:SSL;ProxySuccess\"\"\","
        )
    };
    let tail = vec![
        line("2026-11-24T07:59:59.999Z", "early.contoso.com"),
        line("2026-11-24T08:00:00.000Z", "MBX1.contoso.com"),
        line("2026-11-24T08:10:00.000Z", "MBX2.contoso.com"),
        line("2026-11-24T08:05:00.000Z", "mbx1.contoso.com"),
        "2026-11-24T08:20:00Z,0a,4,1:993,2:5,u,1,1,1,select,Proxy:evil:1,R=OK,".to_owned(),
    ];
    let since = actions().into_iter().find(|(action, _)| *action == "proxied_to").unwrap().1;
    let seen = perform_on(&world(log(tail.clone(), vec![FIELDS])).0, "proxied_to", since.clone()).await;
    assert_eq!(seen, Ok(Value::list([Value::text("MBX2.contoso.com"), Value::text("mbx1.contoso.com")])));
    let error = perform_on(&world(log(tail, vec![])).0, "proxied_to", since.clone()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Protocol, "columns are never guessed");
    assert_eq!(perform_on(&world(log(vec![], vec![FIELDS])).0, "proxied_to", since).await, Ok(Value::list([])));
}
