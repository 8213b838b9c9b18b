//! The script as text: no PowerShell runs here, so only properties of the text are checked.

use super::script::{SOURCE, cmdlets, sent};
use super::*;
use crate::transport::process::Invocation;

/// The longest command line of `cmd.exe`; that of `CreateProcess` alone is 32,767 characters.
const COMMAND_LINE: usize = 8191;

/// What sshd for Windows adds around a command, with PowerShell by its full path.
const AROUND: &str = r#"c:\windows\system32\cmd.exe /c "C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe ""#;

#[test]
fn the_command_line_fits_every_way_there() {
    let length = AROUND.len() + arguments().iter().map(|argument| argument.len() + 1).sum::<usize>();
    assert!(length <= COMMAND_LINE, "{length} characters; cmd.exe, which ssh to Windows goes through, takes 8191");
    assert!(
        arguments().iter().all(|argument| argument.bytes().all(|byte| byte.is_ascii_graphic())),
        "nothing to quote"
    );
}

/// The code of the script without texts and comments. Texts in double quotes keep their expressions.
fn code(script: &str) -> String {
    let mut code = String::new();
    let mut letters = script.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let closed = letters.by_ref().any(|letter| letter == '\'');
                assert!(closed, "a text in single quotes is never closed");
                code.push_str("''");
            }
            other => code.push(other),
        }
    }
    code
}

#[test]
fn braces_and_quotes_balance() {
    assert_eq!(sent().matches('"').count() % 2, 0);
    let mut open = Vec::new();
    for letter in code(&sent()).chars() {
        match letter {
            '(' | '{' | '[' => open.push(letter),
            ')' => assert_eq!(open.pop(), Some('('), "{open:?}"),
            '}' => assert_eq!(open.pop(), Some('{'), "{open:?}"),
            ']' => assert_eq!(open.pop(), Some('['), "{open:?}"),
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(SOURCE.is_ascii(), "a smart quote would be a quote to PowerShell");
}

#[test]
fn nothing_is_read_as_code() {
    let code = code(&sent()).to_lowercase();
    for word in
        ["invoke-expression", "iex", "scriptblock]", "::create", "addscript", "expandstring", "start-process", ". $"]
    {
        assert!(!code.contains(word), "{word}");
    }
    // Only the cmdlet is called by name: here by its name in the list, on a computer by the name that was passed.
    let calls: Vec<&str> =
        code.match_indices("& ").map(|(at, _)| code[at + 2..].split_whitespace().next().unwrap_or_default()).collect();
    assert_eq!(calls, ["$n", "$name"]);
    assert!(sent().contains("$name = $w[0]") && sent().contains("-Args $name, $with"));
    assert!(!code.replace("3>&1", "").replace("& ", "").contains('&'));
}

#[test]
fn what_is_not_in_the_list_is_turned_down() {
    assert_eq!(cmdlets().len(), 19);
    for cmdlet in cmdlets() {
        assert!(!cmdlet.parameters.is_empty(), "{}", cmdlet.name);
        let words = cmdlet.parameters.iter().all(|word| word.chars().all(|letter| letter.is_ascii_alphabetic()));
        assert!(words, "{:?}", cmdlet.parameters);
    }
    let id = |request: Request| refusal_record(&request).map(|record| record.id);
    let set = || Request::new(Target::Here, "set-imapsettings").with("server", "x");
    assert_eq!(id(set().with("ProtocolLogEnabled", true)), None);
    let wrong = id(set().with("ProtocolLoggingEnabled", true)).unwrap();
    assert_eq!(wrong, "NamedParameterNotFound,Set-ImapSettings,ProtocolLoggingEnabled");
    for cmdlet in ["", "Stop-Computer", "Invoke-Expression", "Get-Service Name", "Get-*"] {
        assert!(id(Request::new(Target::Here, cmdlet)).unwrap().starts_with("CommandNotFoundException"), "{cmdlet}");
    }
}

#[test]
fn a_request_is_recognised_by_exactly_our_command_line() {
    let settings = PowerShellSettings { command: vec!["ssh".into(), "admin1".into()], exchange: vec![] };
    let request = Request::new(Target::Here, "Get-Service").with("Name", "é");
    let input = serde_json::to_vec(&request).unwrap();
    let right = [settings.command.as_slice(), arguments()].concat();
    let read = |arguments: &[String], input: &[u8]| {
        request_of(&Invocation { arguments, input: Some(input), ..Invocation::default() }, &settings)
    };
    assert_eq!(read(&right, &input), Some(request));
    for position in 0..right.len() {
        let mut wrong = right.clone();
        wrong[position].push('x');
        assert_eq!(read(&wrong, &input), None, "{position}");
        wrong.remove(position);
        assert_eq!(read(&wrong, &input), None, "without {position}");
    }
    assert_eq!(read(&[right.clone(), vec!["x".into()]].concat(), &input), None);
    assert_eq!(read(&right, b"{}"), None);
    assert_eq!(request_of(&Invocation { arguments: &right, ..Invocation::default() }, &settings), None);
}
