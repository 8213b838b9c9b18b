//! Finds missing and extra braces by indentation.

/// A brace outside of texts and comments.
struct Brace {
    at: usize,
    opens: bool,
    indent: usize,
    /// Whether it is the first on its line.
    leads: bool,
}

fn braces(text: &str, from: usize, to: usize) -> Vec<Brace> {
    let line_start = text.get(..from).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let mut found = Vec::new();
    let mut at = line_start;
    for line in text.get(line_start..to).unwrap_or("").split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(' ').len();
        let mut quoted = false;
        let mut bytes = line.bytes().enumerate();
        while let Some((column, byte)) = bytes.next() {
            match byte {
                b'\\' if quoted => {
                    bytes.next();
                }
                b'"' => quoted = !quoted,
                b'#' if !quoted => break,
                b'{' | b'}' if !quoted && at + column >= from => {
                    found.push(Brace { at: at + column, opens: byte == b'{', indent, leads: column == indent });
                }
                _ => {}
            }
        }
        at += line.len();
    }
    found
}

/// The opening braces between two positions that, by indentation, are not closed.
pub(in crate::syntax) fn left_open(text: &str, from: usize, to: usize) -> Vec<usize> {
    let mut open: Vec<Brace> = Vec::new();
    let mut left = Vec::new();
    for brace in braces(text, from, to) {
        if brace.opens {
            open.push(brace);
            continue;
        }
        while brace.leads && open.len() > 1 && open.last().is_some_and(|top| top.indent > brace.indent) {
            left.extend(open.pop().map(|top| top.at));
        }
        open.pop();
    }
    left
}

/// The first brace between two positions that closes a block too early, by indentation.
pub(in crate::syntax) fn early_close(text: &str, from: usize, to: usize) -> Option<usize> {
    let mut open: Vec<usize> = Vec::new();
    for brace in braces(text, from, to) {
        if brace.opens {
            open.push(brace.indent);
            continue;
        }
        match open.pop() {
            Some(indent) if !brace.leads || indent == brace.indent => {}
            _ => return Some(brace.at),
        }
    }
    None
}
