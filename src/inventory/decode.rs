//! Nodes as the settings types of backends, by serde, with the place of whatever does not fit.

use super::reader::suggestion;
use super::yaml::{Kind, Node};
use crate::source::Span;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

/// What does not fit, and where if that is known yet.
#[derive(Debug)]
pub(super) struct DecodeError {
    pub span: Option<Span>,
    pub message: String,
    pub help: Option<String>,
}

impl DecodeError {
    fn new(message: String, help: Option<String>) -> Self {
        Self { span: None, message, help }
    }

    /// The innermost place stays.
    fn at(mut self, span: Span) -> Self {
        self.span.get_or_insert(span);
        self
    }
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        Self::new(format!("this does not fit: {message}"), None)
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("this does not fit: expected is {expected}"), None)
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::new(format!("this does not fit: expected is {expected}"), None)
    }

    fn unknown_variant(written: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("`{written}` is not one of the words that may stand here"), Some(suggestion(written, known)))
    }

    fn unknown_field(written: &str, known: &'static [&'static str]) -> Self {
        Self::new(format!("there is no entry named `{written}` here"), Some(suggestion(written, known)))
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(format!("`{name}:` is missing"), None)
    }
}

/// Decodes a node.
pub(super) fn decode<T: de::DeserializeOwned>(node: &Node) -> Result<T, DecodeError> {
    // What is missing is missing from the group as a whole: its key is the better place, so none is set here.
    T::deserialize(Source(node))
}

struct Source<'n>(&'n Node);

impl<'n> Source<'n> {
    fn scalar(&self, expected: &str) -> Result<&'n str, DecodeError> {
        match self.0.text() {
            Some(text) if !self.0.is_null() => Ok(text),
            _ => Err(self.wrong(expected)),
        }
    }

    fn wrong(&self, expected: &str) -> DecodeError {
        DecodeError::new(format!("expected is {expected}, and here is {}", self.0.what()), None).at(self.0.span)
    }

    fn number<T: std::str::FromStr>(&self, expected: &str) -> Result<T, DecodeError> {
        self.scalar(expected)?
            .parse()
            .map_err(|_| DecodeError::new(format!("expected is {expected}"), None).at(self.0.span))
    }
}

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match &self.0.kind {
            Kind::List(_) => self.deserialize_seq(visitor),
            Kind::Map(_) | Kind::Invalid => self.deserialize_map(visitor),
            Kind::Scalar { .. } => self.deserialize_str(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_str(self.scalar("a text")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_bool(self.number("`true` or `false`")?)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_u16(self.number("a whole number from 0 to 65535")?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_u64(self.number("a whole number")?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let Kind::List(items) = &self.0.kind else { return Err(self.wrong("a list")) };
        visitor.visit_seq(Items(items.iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let Kind::Map(entries) = &self.0.kind else { return Err(self.wrong("a group of entries (`name: …`)")) };
        visitor.visit_map(Entries { entries: entries.iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        let place = self.0.span;
        visitor.visit_enum(self.scalar("a word")?.into_deserializer()).map_err(|error: DecodeError| error.at(place))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u8 u32 f32 f64 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct ignored_any
    }
}

struct Items<'n>(std::slice::Iter<'n, Node>);

impl<'de> de::SeqAccess<'de> for Items<'_> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, DecodeError> {
        let Some(item) = self.0.next() else { return Ok(None) };
        seed.deserialize(Source(item)).map(Some).map_err(|error| error.at(item.span))
    }
}

struct Entries<'n> {
    entries: std::slice::Iter<'n, (Node, Node)>,
    value: Option<&'n Node>,
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = DecodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, DecodeError> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(Source(key)).map(Some).map_err(|error| error.at(key.span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, DecodeError> {
        let Some(value) = self.value.take() else { return Err(de::Error::custom("an entry without a value")) };
        seed.deserialize(Source(value)).map_err(|error| error.at(value.span))
    }
}
