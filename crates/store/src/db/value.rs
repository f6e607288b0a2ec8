//! What goes into a statement and comes out of a row: one small enum that both drivers understand.
//!
//! SQLite keeps ids as BLOB of 16 bytes, times as INTEGER microseconds and booleans as 0 and 1; PostgreSQL has
//! a type for each. Nobody above this file sees the difference.

use bytes::BytesMut;
use chrono::{DateTime, Utc};
use resolutionflow_core::id::Id;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::error::NulInText;

type Anything = Box<dyn std::error::Error + Sync + Send>;

/// One value on its way to or from the database.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// No value.
    Null,
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// A text, without NUL.
    Text(&'a str),
    /// Raw bytes.
    Bytes(&'a [u8]),
    /// An identifier.
    Uuid(Uuid),
    /// A point in time; what is finer than a microsecond is cut off.
    Time(DateTime<Utc>),
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Boolean(yes) => ValueRef::Integer(i64::from(*yes)),
            Self::Text(text) => ValueRef::Text(
                without_nul(text)
                    .map_err(rusqlite::Error::ToSqlConversionFailure)?
                    .as_bytes(),
            ),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
            Self::Uuid(uuid) => ValueRef::Blob(uuid.as_bytes()),
            Self::Time(time) => ValueRef::Integer(time.timestamp_micros()),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Anything> {
        match *self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) if *ty == Type::INT4 => i32::try_from(number)?.to_sql_checked(ty, out),
            Self::Integer(number) if *ty == Type::INT2 => i16::try_from(number)?.to_sql_checked(ty, out),
            Self::Integer(number) => number.to_sql_checked(ty, out),
            Self::Boolean(yes) => yes.to_sql_checked(ty, out),
            Self::Text(text) => without_nul(text)?.to_sql_checked(ty, out),
            Self::Bytes(bytes) => bytes.to_sql_checked(ty, out),
            Self::Uuid(uuid) => uuid.to_sql_checked(ty, out),
            Self::Time(time) => {
                DateTime::from_timestamp_micros(time.timestamp_micros()).to_sql_checked(ty, out)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true // Each variant's own implementation checks, above.
    }

    to_sql_checked!();
}

fn without_nul(text: &str) -> Result<&str, Anything> {
    if text.contains('\0') {
        Err(NulInText.into())
    } else {
        Ok(text)
    }
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Anything> {
        Ok(match *ty {
            Type::INT8 => Self::Integer(i64::from_sql(ty, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(ty, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(ty, raw)?.into()),
            Type::BOOL => Self::Boolean(bool::from_sql(ty, raw)?),
            Type::BYTEA => Self::Bytes(raw),
            Type::UUID => Self::Uuid(Uuid::from_sql(ty, raw)?),
            Type::TIMESTAMPTZ => Self::Time(DateTime::from_sql(ty, raw)?),
            _ => Self::Text(<&str>::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Anything> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        let own = [
            Type::INT8,
            Type::INT4,
            Type::INT2,
            Type::BOOL,
            Type::BYTEA,
            Type::UUID,
            Type::TIMESTAMPTZ,
        ];
        own.contains(ty) || <&str as FromSql>::accepts(ty)
    }
}

/// What may be bound to a placeholder.
pub trait Parameter: Sync {
    /// The value to bind.
    fn value(&self) -> Value<'_>;
}

/// What may be read from a column.
pub trait FromColumn: Sized {
    /// Takes the value, if it is one of this type.
    fn from_value(value: Value<'_>) -> Option<Self>;
}

/// States both directions for one type: how it is bound, and which values it is read from.
macro_rules! column {
    ($($type:ty: |$own:ident| $bind:expr, $($from:pat => $read:expr),+;)+) => {$(
        impl Parameter for $type {
            fn value(&self) -> Value<'_> {
                let $own = self;
                $bind
            }
        }
        impl FromColumn for $type {
            fn from_value(value: Value<'_>) -> Option<Self> {
                match value { $($from => $read,)+ _ => None }
            }
        }
    )+};
}

column! {
    i64: |number| Value::Integer(*number), Value::Integer(number) => Some(number);
    i32: |number| Value::Integer((*number).into()), Value::Integer(number) => number.try_into().ok();
    u32: |number| Value::Integer((*number).into()), Value::Integer(number) => number.try_into().ok();
    bool: |yes| Value::Boolean(*yes), Value::Boolean(yes) => Some(yes),
        Value::Integer(number @ 0..=1) => Some(number == 1);
    String: |text| Value::Text(text), Value::Text(text) => Some(text.to_owned());
    Vec<u8>: |bytes| Value::Bytes(bytes), Value::Bytes(bytes) => Some(bytes.to_vec());
    Uuid: |uuid| Value::Uuid(*uuid), Value::Uuid(uuid) => Some(uuid),
        Value::Bytes(bytes) => Uuid::from_slice(bytes).ok();
    DateTime<Utc>: |time| Value::Time(*time), Value::Time(time) => Some(time),
        Value::Integer(micros) => DateTime::from_timestamp_micros(micros);
}

impl<K> Parameter for Id<K> {
    fn value(&self) -> Value<'_> {
        Value::Uuid(self.uuid())
    }
}

impl<K> FromColumn for Id<K> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        Uuid::from_value(value).map(Self::from_uuid)
    }
}

impl<const N: usize> Parameter for [u8; N] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> FromColumn for [u8; N] {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if let Value::Bytes(bytes) = value {
            bytes.try_into().ok()
        } else {
            None
        }
    }
}

impl Parameter for [u8] {
    fn value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl Parameter for str {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl<T: Parameter + ?Sized> Parameter for &T {
    fn value(&self) -> Value<'_> {
        (**self).value()
    }
}

impl<T: Parameter> Parameter for Option<T> {
    fn value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::value)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_value(value: Value<'_>) -> Option<Self> {
        if value == Value::Null {
            Some(None)
        } else {
            T::from_value(value).map(Some)
        }
    }
}
