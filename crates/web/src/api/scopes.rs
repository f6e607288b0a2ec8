//! Which scope each operation needs, for the description of the API: that of the action that its handler names.
//!
//! A test asks every operation with a token of each scope, so that this list cannot say anything else than what holds.

use resolutionflow_core::access::Action as A;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;
use utoipa::openapi::security::SecurityRequirement;

/// Each operation that takes a token, and its action.
const ACTIONS: &[(&str, A)] = &[
    ("me", A::Read),
    ("change_me", A::ChangeOwnProfile),
    ("get_account", A::Read),
    ("change_account", A::ManageAccount),
    ("leave_account", A::LeaveAccount),
    ("transfer_account", A::ManageMembers),
    ("list_members", A::Read),
    ("change_member", A::ManageMembers),
    ("remove_member", A::ManageMembers),
    ("list_invites", A::ManageInvites),
    ("create_invites", A::ManageInvites),
    ("resend_invite", A::ManageInvites),
    ("revoke_invite", A::ManageInvites),
    ("accept_invite", A::JoinAccount),
    ("list_teams", A::Read),
    ("create_team", A::ManageMembers),
    ("rename_team", A::ManageMembers),
    ("list_tokens", A::ManageOwnTokens),
    ("create_token", A::ManageOwnTokens),
    ("revoke_token", A::ManageOwnTokens),
    ("list_audit", A::ReadAudit),
    ("export_audit", A::ReadAudit),
    ("list_notifications", A::Read),
    ("read_notifications", A::ManageOwnNotifications),
    ("get_notification_choices", A::Read),
    ("choose_notifications", A::ManageOwnNotifications),
    ("list_flows", A::Read),
    ("create_flow", A::WriteFlow),
    ("import_flow", A::WriteFlow),
    ("get_flow", A::Read),
    ("get_draft", A::Read),
    ("save_draft", A::WriteFlow),
    ("export_flow", A::Read),
    ("list_versions", A::Read),
    ("publish_draft", A::WriteFlow),
    ("get_version", A::Read),
    ("list_sessions", A::Read),
    ("export_sessions", A::Read),
    ("start_flow", A::StartFlow),
    ("prepare_session", A::PrepareSession),
    ("get_session", A::Read),
    ("change_session", A::ChangeDetails),
    ("start_session", A::StartSession),
    ("take_session", A::TakeSession),
    ("preview_update", A::Read),
    ("update_session", A::UpdateVersion),
    ("set_variables", A::SetVariables),
    ("work_step", A::WorkSteps),
    ("add_note", A::AddNote),
    ("complete_session", A::CompleteSession),
    ("discard_session", A::DiscardSession),
    ("reopen_session", A::ReopenSession),
    ("list_events", A::Read),
    ("watch_session", A::Read),
    ("export_session", A::Read),
];

/// Says at each operation which scope a personal token needs for it.
pub fn describe(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let PathItem {
            get,
            put,
            post,
            delete,
            patch,
            ..
        } = item;
        for operation in [get, put, post, delete, patch].into_iter().flatten() {
            let id = operation.operation_id.as_deref();
            let Some((_, action)) = ACTIONS.iter().find(|(name, _)| Some(*name) == id) else {
                continue;
            };
            let scope = action.scope().as_str();
            operation.security = Some(vec![SecurityRequirement::new("bearer", [scope])]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use resolutionflow_core::access::{Relation, Role, may};

    use super::ACTIONS;

    /// Every operation with its action, its scope, and the roles that may in some relation to its session.
    #[test]
    fn who_may_use_which_operation_is_what_was_reviewed() {
        let mut table = String::new();
        for (operation, action) in ACTIONS {
            let roles: Vec<_> = Role::ALL
                .into_iter()
                .filter(|role| {
                    Relation::ALL
                        .into_iter()
                        .any(|relation| may(*role, relation, *action))
                })
                .map(Role::as_str)
                .collect();
            let (scope, roles) = (action.scope().as_str(), roles.join(" "));
            writeln!(table, "{operation}: {action:?} ({scope}): {roles}").unwrap();
        }
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/operations.txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(path, &table).unwrap();
        }
        let reviewed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            table, reviewed,
            "who may use which operation changed; review it and run with UPDATE_SNAPSHOTS=1"
        );
    }
}
