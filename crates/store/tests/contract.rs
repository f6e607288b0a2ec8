//! The contract of every store function, stated once and shown on both engines.

#[cfg(test)]
mod contract {
    mod account_invites;
    mod accounts;
    mod append_only;
    mod audit;
    mod counts;
    mod devices;
    mod events;
    mod families;
    mod far;
    mod flows;
    mod idempotency;
    mod library;
    mod limits;
    mod listing;
    mod listing_text;
    mod logins;
    mod mail_tokens;
    mod notifications;
    mod outbox;
    mod parallel;
    mod people;
    mod platform_invites;
    mod presence;
    mod queues;
    mod sessions;
    mod sign_ups;
    mod teams;
    mod tenancy;
    mod throttles;
    mod tokens;
    mod users;
    mod values;
    mod world;
}
