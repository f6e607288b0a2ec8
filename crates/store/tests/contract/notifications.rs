//! Who is told of what, kept with the change that tells it and gone with its reason.

use chrono::TimeDelta;
use resolutionflow_core::access::Role;
use resolutionflow_core::id::{NoticeId, UserId};
use resolutionflow_core::notice::NoticeKind;
use resolutionflow_core::session::{
    Assignee, Completion, Details, Preparation, change_details, complete, discard, prepare, reopen,
    start_prepared, take,
};
use resolutionflow_store::notifications::{self, Choice};
use resolutionflow_store::testing::TestDb;

use super::world::{
    LENA, MORGAN, OLGA, VERA, account, at, command, commit, companies, company, id, look, make,
};

const DAY: i64 = 24 * 60 * 60;

fn assignee(person: u128) -> Assignee {
    Assignee {
        user_id: id(person),
        role: Some(Role::Engineer),
    }
}

async fn prepared(test: &TestDb, session: u128, for_: Option<u128>, due: Option<i64>) {
    let preparation = Preparation {
        assignee: for_.map(assignee),
        due_at: due.map(at),
        ..Preparation::default()
    };
    make(test, session, OLGA, 1, move |new, outline, act| {
        prepare(new, outline, &preparation, act)
    })
    .await;
}

async fn changes(test: &TestDb, session: u128, who: u128, when: i64, details: Details) {
    command(test, session, who, when, move |s, act| {
        change_details(&s.session, &details, act)
    })
    .await
    .unwrap();
}

fn to(person: Option<u128>) -> Details {
    Details {
        assignee: Some(person.map(assignee)),
        ..Details::default()
    }
}

/// What a person is told, newest first: of which session what, by whom.
async fn told(test: &TestDb, person: u128) -> Vec<(u128, &'static str, String)> {
    let found = look!(test, |tx| notifications::list(
        tx,
        account(),
        id(person),
        false,
        None,
        100
    )
    .await);
    let found = found.unwrap().into_iter();
    found
        .map(|one| {
            let session = one.session_id.uuid().as_u128();
            (session, one.kind.as_str(), one.actor.unwrap_or_default())
        })
        .collect()
}

/// What waits to be mailed to a person.
async fn mailed(test: &TestDb, person: u128) -> Vec<String> {
    let user: UserId = id(person);
    let rows: Vec<(String,)> = look!(test, |tx| tx
        .all(
            "SELECT kind FROM outbox WHERE account_id = $1 AND user_id = $2 AND sent_at IS NULL \
                 AND not_before = created_at AND attempts = 0 ORDER BY id DESC",
            &[&account(), &user],
        )
        .await)
    .unwrap();
    rows.into_iter().map(|(kind,)| kind).collect()
}

fn kinds(told: &[(u128, &'static str, String)]) -> Vec<&'static str> {
    told.iter().map(|(_, kind, _)| *kind).collect()
}

#[tokio::test]
async fn what_happens_is_told_to_whom_it_concerns_and_goes_with_its_reason() {
    for test in companies().await {
        prepared(&test, 300, Some(LENA), None).await;
        assert_eq!(
            told(&test, LENA).await,
            [(300, "prepared_for_me", "Olga".to_owned())]
        );
        assert_eq!(mailed(&test, LENA).await, ["prepared_for_me"]);
        assert!(
            told(&test, OLGA).await.is_empty(),
            "nobody hears of their own doing"
        );

        changes(&test, 300, OLGA, 2, to(Some(MORGAN))).await;
        assert_eq!(kinds(&told(&test, LENA).await), ["reassigned"]);
        assert_eq!(mailed(&test, LENA).await, ["reassigned"]);
        assert_eq!(kinds(&told(&test, MORGAN).await), ["prepared_for_me"]);

        changes(&test, 300, OLGA, 3, to(None)).await;
        assert_eq!(kinds(&told(&test, MORGAN).await), ["reassigned"]);
        assert!(told(&test, LENA).await.is_empty());
        command(&test, 300, LENA, 4, |s, act| take(&s.session, act))
            .await
            .unwrap();
        assert_eq!(told(&test, OLGA).await, [(300, "taken", "Lena".to_owned())]);
        assert!(told(&test, MORGAN).await.is_empty());

        command(&test, 300, LENA, 5, |s, act| start_prepared(&s.session, act))
            .await
            .unwrap();
        changes(&test, 300, LENA, 6, to(Some(MORGAN))).await;
        assert_eq!(
            told(&test, MORGAN).await,
            [(300, "reassigned", "Lena".to_owned())]
        );
        let done = |when| {
            command(&test, 300, MORGAN, when, |s, act| {
                complete(&s.session, &Completion::default(), act)
            })
        };
        done(7).await.unwrap();
        assert_eq!(told(&test, OLGA).await, [(300, "completed", "Morgan".to_owned())]);
        assert!(told(&test, MORGAN).await.is_empty());
        command(&test, 300, MORGAN, 8, |s, act| reopen(&s.session, act))
            .await
            .unwrap();
        assert!(told(&test, OLGA).await.is_empty() && mailed(&test, OLGA).await.is_empty());

        prepared(&test, 301, Some(LENA), None).await;
        command(&test, 301, OLGA, 9, |s, act| discard(&s.session, act))
            .await
            .unwrap();
        assert!(told(&test, LENA).await.is_empty() && mailed(&test, LENA).await.is_empty());
        prepared(&test, 302, None, None).await;
        command(&test, 302, MORGAN, 9, |s, act| start_prepared(&s.session, act))
            .await
            .unwrap();
        assert_eq!(told(&test, OLGA).await, [(302, "taken", "Morgan".to_owned())]);
    }
}

#[tokio::test]
async fn a_refused_change_tells_nobody() {
    for test in companies().await {
        prepared(&test, 300, Some(LENA), None).await;
        let refused = command(&test, 300, MORGAN, 2, |s, act| take(&s.session, act)).await;
        refused.unwrap_err();
        assert_eq!(kinds(&told(&test, LENA).await), ["prepared_for_me"]);
        assert!(told(&test, OLGA).await.is_empty());
    }
}

#[tokio::test]
async fn each_person_chooses_what_they_are_told_and_how() {
    for test in companies().await {
        company(&test, id(2)).await;
        let quiet = |in_page, mail| Choice { in_page, mail };
        let chosen = [
            (NoticeKind::PreparedForMe, quiet(true, false)),
            (NoticeKind::Reassigned, quiet(false, true)),
            (NoticeKind::Overdue, quiet(true, true)),
        ];
        commit!(test, |tx| notifications::choose(tx, account(), id(LENA), &chosen)
            .await)
        .unwrap();
        let choices = |of: u128, person: u128| {
            let test = &test;
            async move { look!(test, |tx| notifications::choices(tx, id(of), id(person)).await).unwrap() }
        };
        let lenas = choices(1, LENA).await;
        assert_eq!(
            lenas.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            NoticeKind::ALL
        );
        assert_eq!(
            lenas
                .iter()
                .filter(|(_, choice)| *choice != Choice::default())
                .count(),
            2
        );
        for (of, person) in [(1, MORGAN), (2, LENA)] {
            assert!(
                choices(of, person)
                    .await
                    .iter()
                    .all(|(_, choice)| *choice == Choice::default())
            );
        }
        prepared(&test, 300, Some(LENA), None).await;
        assert_eq!(kinds(&told(&test, LENA).await), ["prepared_for_me"]);
        assert!(mailed(&test, LENA).await.is_empty());
        changes(&test, 300, OLGA, 2, to(None)).await;
        assert!(told(&test, LENA).await.is_empty());
        assert_eq!(mailed(&test, LENA).await, ["reassigned"]);
        commit!(test, |tx| notifications::choose(tx, account(), id(LENA), &[])
            .await)
        .unwrap();
        assert!(
            choices(1, LENA)
                .await
                .iter()
                .all(|(_, choice)| *choice == Choice::default())
        );
        // Who left is told nothing.
        let lena: UserId = id(LENA);
        commit!(test, |tx| tx
            .execute(
                "UPDATE members SET disabled_at = created_at WHERE account_id = $1 AND user_id = $2",
                &[&account(), &lena]
            )
            .await)
        .unwrap();
        prepared(&test, 301, Some(LENA), None).await;
        assert!(told(&test, LENA).await.is_empty());
    }
}

#[tokio::test]
async fn notifications_are_read_and_counted_and_forgotten() {
    for test in companies().await {
        company(&test, id(2)).await;
        for session in 300..305 {
            prepared(&test, session, Some(LENA), None).await;
        }
        let list = |unread: bool, after: Option<NoticeId>, limit: i64, of: u128| {
            let test = &test;
            async move {
                look!(test, |tx| notifications::list(
                    tx,
                    id(of),
                    id(LENA),
                    unread,
                    after,
                    limit
                )
                .await)
                .unwrap()
            }
        };
        let all = list(false, None, 100, 1).await;
        assert_eq!(all.len(), 5);
        assert_eq!((all[0].flow_title.as_str(), all[0].read_at), ("Cut-over", None));
        let mut paged: Vec<notifications::Notification> = Vec::new();
        loop {
            let page = list(true, paged.last().map(|last| last.id), 2, 1).await;
            if page.is_empty() {
                break;
            }
            paged.extend(page);
        }
        assert_eq!(paged, all);
        assert!(list(false, None, 100, 2).await.is_empty());
        let unread = |of: u128, person: u128| {
            let test = &test;
            async move { look!(test, |tx| notifications::unread(tx, id(of), id(person)).await).unwrap() }
        };
        assert_eq!(
            (
                unread(1, LENA).await,
                unread(1, MORGAN).await,
                unread(2, LENA).await
            ),
            (5, 0, 0)
        );

        let two = vec![all[0].id, all[3].id];
        let read = |of: u128, person: u128, ids: Option<Vec<NoticeId>>, when: i64| {
            let test = &test;
            async move {
                commit!(test, [ids], |tx| notifications::read(
                    tx,
                    id(of),
                    id(person),
                    ids.as_deref(),
                    at(when)
                )
                .await)
                .unwrap()
            }
        };
        for (of, person) in [(1, MORGAN), (2, LENA), (1, VERA)] {
            assert_eq!(read(of, person, Some(two.clone()), 5).await, 0, "a stranger's");
        }
        assert_eq!(read(1, LENA, Some(two.clone()), 5).await, 2);
        assert_eq!(read(1, LENA, Some(two), 6).await, 0);
        assert_eq!(read(1, LENA, Some(Vec::new()), 6).await, 0);
        assert_eq!(
            (unread(1, LENA).await, list(true, None, 9, 1).await.len()),
            (3, 3)
        );
        assert_eq!(read(1, LENA, None, 9).await, 3);
        assert_eq!(unread(1, LENA).await, 0);
        assert_eq!(list(false, None, 9, 1).await[0].read_at, Some(at(5)));

        let forget = |before: i64, limit: i64| {
            let test = &test;
            async move { commit!(test, |tx| notifications::forget(tx, at(before), limit).await).unwrap() }
        };
        assert_eq!(forget(5, 10).await, 0);
        assert_eq!(forget(6, 1).await, 1);
        assert_eq!(forget(10, 10).await, 4);
        assert!(list(false, None, 9, 1).await.is_empty());
    }
}

#[tokio::test]
async fn a_bell_counts_what_is_unread_and_one_session_is_read_at_once() {
    for test in companies().await {
        company(&test, id(2)).await;
        for session in 300..303 {
            prepared(&test, session, Some(LENA), None).await;
        }
        prepared(&test, 303, None, None).await;
        command(&test, 303, LENA, 2, |s, act| take(&s.session, act))
            .await
            .unwrap();
        let bell = |of: u128, person: u128| {
            let test = &test;
            async move {
                let bell = look!(test, |tx| notifications::bell(tx, id(of), id(person)).await).unwrap();
                (bell.unread, bell.prepared)
            }
        };
        let read = |of: u128, person: u128, session: u128| {
            let test = &test;
            async move {
                commit!(test, |tx| notifications::read_of(
                    tx,
                    id(of),
                    id(person),
                    id(session),
                    at(5)
                )
                .await)
                .unwrap()
            }
        };
        assert_eq!(bell(1, LENA).await, (3, true));
        assert_eq!(bell(1, OLGA).await, (1, false), "taken is not prepared for her");
        assert_eq!(
            (bell(1, MORGAN).await, bell(2, LENA).await),
            ((0, false), (0, false))
        );
        for (of, person) in [(1, MORGAN), (1, OLGA), (2, LENA)] {
            assert_eq!(read(of, person, 300).await, 0, "a stranger's");
        }
        assert_eq!((read(1, LENA, 300).await, read(1, LENA, 300).await), (1, 0));
        assert_eq!(bell(1, LENA).await, (2, true));
        assert_eq!(read(1, LENA, 301).await + read(1, LENA, 302).await, 2);
        assert_eq!(bell(1, LENA).await, (0, false));
        assert_eq!(bell(1, OLGA).await, (1, false));
    }
}

#[tokio::test]
async fn one_kind_is_chosen_without_the_others() {
    for test in companies().await {
        company(&test, id(2)).await;
        let by_mail = Choice {
            in_page: true,
            mail: false,
        };
        let chosen = [(NoticeKind::Taken, by_mail)];
        commit!(test, |tx| notifications::choose(tx, account(), id(LENA), &chosen)
            .await)
        .unwrap();
        let choose = |kind: NoticeKind, in_page: bool| {
            let test = &test;
            async move {
                commit!(test, |tx| notifications::choose_in_page(
                    tx,
                    account(),
                    id(LENA),
                    kind,
                    in_page
                )
                .await)
                .unwrap();
                let made = look!(test, |tx| notifications::choices(tx, account(), id(LENA)).await).unwrap();
                let otherwise = made
                    .into_iter()
                    .filter(|(_, choice)| *choice != Choice::default());
                otherwise
                    .map(|(kind, choice)| (kind, choice.in_page, choice.mail))
                    .collect::<Vec<_>>()
            }
        };
        let taken = (NoticeKind::Taken, false, false);
        assert_eq!(choose(NoticeKind::Taken, false).await, [taken]);
        let due = (NoticeKind::DueSoon, false, true);
        assert_eq!(choose(NoticeKind::DueSoon, false).await, [taken, due]);
        assert_eq!(choose(NoticeKind::DueSoon, true).await, [taken]);
        let others = look!(test, |tx| notifications::choices(tx, id(2), id(LENA)).await).unwrap();
        assert!(others.iter().all(|(_, choice)| *choice == Choice::default()));
    }
}

#[tokio::test]
async fn both_ways_of_one_kind_are_chosen_at_once() {
    for test in companies().await {
        company(&test, id(2)).await;
        let choose = |of: u128, in_page: bool, mail: bool| {
            let test = &test;
            async move {
                let choice = Choice { in_page, mail };
                commit!(test, |tx| notifications::choose_one(
                    tx,
                    id(of),
                    id(LENA),
                    NoticeKind::Taken,
                    choice
                )
                .await)
                .unwrap();
                let made = look!(test, |tx| notifications::choices(tx, account(), id(LENA)).await).unwrap();
                let off = made
                    .into_iter()
                    .filter(|(_, choice)| *choice != Choice::default());
                off.map(|(kind, choice)| (kind, choice.in_page, choice.mail))
                    .collect::<Vec<_>>()
            }
        };
        let taken = NoticeKind::Taken;
        assert_eq!(choose(1, false, true).await, [(taken, false, true)]);
        assert_eq!(choose(1, true, false).await, [(taken, true, false)]);
        assert_eq!(choose(2, false, false).await, [(taken, true, false)]);
        assert_eq!(choose(1, true, true).await, []);
    }
}

#[tokio::test]
async fn due_times_are_told_once_and_anew_when_they_change() {
    for test in companies().await {
        company(&test, id(2)).await;
        prepared(&test, 300, Some(LENA), Some(2 * DAY)).await;
        prepared(&test, 301, None, Some(2 * DAY)).await;
        prepared(&test, 302, Some(MORGAN), None).await;
        let remind = |when: i64, limit: i64| {
            let test = &test;
            async move { commit!(test, |tx| notifications::remind(tx, at(when), limit).await).unwrap() }
        };
        let due = |person: u128| {
            let test = &test;
            async move {
                let mut told = told(test, person).await;
                told.retain(|(_, kind, _)| kind.contains("due"));
                told.into_iter()
                    .map(|(session, kind, by)| {
                        assert_eq!(by, "");
                        (session, kind)
                    })
                    .collect::<Vec<_>>()
            }
        };
        assert_eq!(remind(DAY - 1, 10).await, 0);
        assert_eq!(remind(DAY, 1).await, 1);
        assert_eq!(remind(DAY, 10).await, 1);
        assert_eq!(remind(DAY + 1, 10).await, 0, "once each");
        assert_eq!(due(LENA).await, [(300, "due_soon")]);
        assert_eq!(due(OLGA).await, [(301, "due_soon")], "nobody is assigned");
        assert_eq!(mailed(&test, OLGA).await, ["due_soon"]);

        assert_eq!(remind(2 * DAY, 10).await, 2);
        assert_eq!(remind(2 * DAY + 9, 10).await, 0);
        assert_eq!(due(LENA).await, [(300, "overdue"), (300, "due_soon")]);
        let later = |when: i64| Details {
            due_at: Some(Some(at(when))),
            ..Details::default()
        };
        changes(&test, 300, OLGA, 2 * DAY + 10, later(4 * DAY)).await;
        assert_eq!(due(LENA).await, []);
        assert_eq!(remind(3 * DAY, 10).await, 1);
        assert_eq!(due(LENA).await, [(300, "due_soon")]);
        changes(&test, 300, OLGA, 3 * DAY, to(Some(MORGAN))).await;
        assert_eq!(due(LENA).await, []);
        assert_eq!(remind(3 * DAY, 10).await, 1);
        assert_eq!(due(MORGAN).await, [(300, "due_soon")]);
        command(&test, 300, OLGA, 3 * DAY, |s, act| discard(&s.session, act))
            .await
            .unwrap();
        assert_eq!(due(MORGAN).await, []);
        assert_eq!(remind(5 * DAY, 10).await, 0);
        command(&test, 300, OLGA, 3 * DAY + 5, |s, act| reopen(&s.session, act))
            .await
            .unwrap();
        assert_eq!(remind(5 * DAY, 10).await, 1);
        assert_eq!(due(MORGAN).await, [(300, "overdue")]);
        let theirs = look!(test, |tx| notifications::list(
            tx,
            id(2),
            id(MORGAN),
            false,
            None,
            9
        )
        .await);
        assert!(theirs.unwrap().is_empty());
    }
}

#[tokio::test]
async fn of_several_servers_one_reminds() {
    for test in companies().await {
        for session in 300..320 {
            prepared(&test, session, Some(LENA), Some(10)).await;
        }
        let now = at(0) + TimeDelta::seconds(20);
        let servers = (0..6).map(|_| {
            let db = test.db.clone();
            tokio::spawn(async move {
                let remind = db.write::<_, resolutionflow_store::Error, _>(move |tx| {
                    Box::pin(async move { notifications::remind(tx, now, 100).await })
                });
                remind.await.unwrap()
            })
        });
        let mut reminded = 0;
        for server in servers.collect::<Vec<_>>() {
            reminded += server.await.unwrap();
        }
        assert_eq!(reminded, 20);
        let overdue = told(&test, LENA).await;
        assert_eq!(
            overdue.iter().filter(|(_, kind, _)| *kind == "overdue").count(),
            20
        );
    }
}
