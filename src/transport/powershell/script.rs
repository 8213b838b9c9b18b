//! The constant command line: the encoded script.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::sync::LazyLock;

/// The prefix of the line with the envelope.
pub(super) const MARK: &str = "#rectify# ";

/// The script, with its comments.
pub(super) const SOURCE: &str = include_str!("script.ps1");

/// The execution policy applies to this process only and allows no script from the network. `Import-PSSession` loads a
/// module that it has just written.
const OPTIONS: &str = "-NoProfile -NonInteractive -ExecutionPolicy RemoteSigned -OutputFormat Text -EncodedCommand";

/// The arguments after the command that starts PowerShell, the same for every request.
pub fn arguments() -> &'static [String] {
    static ARGUMENTS: LazyLock<Vec<String>> =
        LazyLock::new(|| OPTIONS.split(' ').map(str::to_owned).chain([encoded(&sent())]).collect());
    &ARGUMENTS
}

/// The script without comments, indentation and empty lines.
pub(super) fn sent() -> String {
    let lines = SOURCE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// Encodes for `-EncodedCommand`: base64 of UTF-16LE.
fn encoded(script: &str) -> String {
    BASE64_STANDARD.encode(script.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>())
}

/// A cmdlet that the script may call.
pub(super) struct Cmdlet {
    /// Its name.
    pub name: &'static str,
    /// The parameters that it accepts.
    pub parameters: Vec<&'static str>,
}

/// The cmdlets in the list of the script.
pub(super) fn cmdlets() -> &'static [Cmdlet] {
    static CMDLETS: LazyLock<Vec<Cmdlet>> = LazyLock::new(|| {
        let list = SOURCE.split_once("$list = '").and_then(|(_, rest)| rest.split_once('\''));
        let lines = list.map_or("", |(list, _)| list).lines();
        lines
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                Some(Cmdlet { name: words.next()?, parameters: words.collect() })
            })
            .collect()
    });
    &CMDLETS
}
