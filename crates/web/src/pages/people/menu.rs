//! What may be done to a member, behind a button at the end of their row.

use maud::{Markup, html};
use resolutionflow_core::access::Role;
use resolutionflow_core::member::{MemberChange, Untouchable, may_change};
use resolutionflow_store::members::Member;

use super::{Around, sees_links, standing, words};

/// The menu; nothing where the visitor may do nothing to them.
pub(super) fn menu(around: &Around, member: &Member) -> Markup {
    let may_do = |change| {
        may_change(
            around.who(),
            standing(member),
            change,
            around.other_owners(member),
        )
    };
    let can = |change| may_do(change).is_ok();
    let is_self = member.user_id == around.visitor.user_id();
    let (moves, removes) = (can(MemberChange::Team), may_do(MemberChange::Remove));
    let is_last = removes == Err(Untouchable::LastOwner);
    if !moves && removes.is_err() && !is_last {
        return Markup::default();
    }
    let path = format!("/people/{}", member.user_id);
    let disabled = member.disabled_at.is_some();
    let lesser = |role: Role| role < member.role && can(MemberChange::Role(role));
    let takes_links = sees_links(member) && (can(MemberChange::Disable) || Role::ALL.into_iter().any(lesser));
    html! {
        details class="menu member-menu" {
            summary class="icon-button" { span aria-hidden="true" { "⋯" } span class="visually-hidden" { (words::menu(&member.name)) } }
            div class="menu-list" {
                @if moves { (places(around, member, &path)) }
                @if disabled && can(MemberChange::Enable) {
                    form method="post" action={ (path) "/enable" } { button type="submit" { (words::ENABLE) } }
                }
                @if !disabled && can(MemberChange::Disable) {
                    form method="post" action={ (path) "/disable" } { button type="submit" { (words::DISABLE) } }
                }
                @if takes_links { p class="menu-note" { (words::CHANGE_LINKS) } }
                @if can(MemberChange::MakeOwnerInstead) {
                    a href={ (path) "/owner" } { (words::TRANSFER) }
                }
                @if removes.is_ok() {
                    a href={ (path) "/remove" } { (if is_self { words::LEAVE } else { words::REMOVE }) }
                }
                @if is_last { p class="menu-note" { (words::LAST_OWNER) } }
            }
        }
    }
}

/// Role and team, together; nothing where there is nothing to choose.
fn places(around: &Around, member: &Member, path: &str) -> Markup {
    let others = around.other_owners(member);
    let allowed = |role: Role| {
        role == member.role
            || may_change(around.who(), standing(member), MemberChange::Role(role), others).is_ok()
    };
    let roles: Vec<_> = Role::ALL.into_iter().filter(|role| allowed(*role)).collect();
    let (has_roles, has_teams) = (roles.len() > 1, around.teams.len() > 1);
    if !has_roles && !has_teams {
        return Markup::default();
    }
    let (role_id, team_id) = (
        format!("role-{}", member.user_id),
        format!("team-{}", member.user_id),
    );
    html! {
        form class="member-form" method="post" action={ (path) "/change" } {
            @if has_roles {
                label for=(role_id) { (words::ROLE) }
                select class="control" id=(role_id) name="role" {
                    @for role in roles {
                        option value=(role.as_str()) selected[role == member.role] { (words::role(role)) }
                    }
                }
            }
            @if has_teams {
                label for=(team_id) { (words::TEAM) }
                select class="control" id=(team_id) name="team" {
                    @for team in &around.teams {
                        option value=(team.id) selected[team.id == member.team_id] { (team.name) }
                    }
                }
            }
            button class="button small" type="submit" { (words::SAVE) }
        }
    }
}
