//! The run of a test as lines of text.

use crate::cli::output::mask_of;
use crate::engine::event::Event;
use crate::report::Style;
use crate::report::run::{PlainLines, View};
use crate::secret::Secrets;
use std::cell::RefCell;
use std::io::{Result, Write};
use std::rc::Rc;
use std::sync::Arc;

/// A buffer that can be read while a view writes to it.
#[derive(Clone, Default)]
struct Page(Rc<RefCell<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// The events of a run as plain lines on virtual time, with secrets masked.
pub fn transcript(events: &[Event], secrets: Secrets) -> String {
    let mask = mask_of(&Arc::new(secrets));
    let page = Page::default();
    let style = Style { colour: false, width: 100 };
    let mut lines = PlainLines::new(Box::new(page.clone()), mask, style).on_virtual_time();
    events.iter().for_each(|event| lines.event(event));
    String::from_utf8_lossy(&page.0.borrow()).into_owned()
}
