//! What happened at the demo's company: a session for each state that people meet.

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use resolutionflow_core::random::Random;
use resolutionflow_core::session::{Actor, Assignee, Change, Outcome, Preparation, Refusal};

use super::run::{PLAIN, Pairs, Run, values};
use crate::versions::Version;

/// The five samples: server cut-over, new starter laptop, firewall swap, mail outage, certificate renewal.
pub(super) struct Flows(pub(super) [Version; 5]);

/// Who acts.
#[derive(Clone, Copy)]
pub(super) struct Cast {
    pub(super) morgan: Actor,
    pub(super) lena: Actor,
    pub(super) ravi: Actor,
}

/// What a story starts from.
#[derive(Clone, Copy)]
struct Scene<'a> {
    version: &'a Version,
    number: i64,
    cast: Cast,
    now: DateTime<Utc>,
    seed: [u8; 32],
}

type Story = fn(Scene<'_>) -> Result<Run<'_>, Refusal>;

/// Every session, oldest first, as the changes that made it.
pub(super) fn all(
    flows: &Flows,
    cast: Cast,
    now: DateTime<Utc>,
    random: &mut Random,
) -> Result<Vec<Vec<Change>>, Refusal> {
    let [cut_over, laptop, firewall, mail, certificate] = &flows.0;
    let stories: [(&Version, Story); 8] = [
        (certificate, renewed),
        (mail, false_alarm),
        (mail, outage),
        (firewall, swap_ahead),
        (laptop, laptop_for_anyone),
        (certificate, renewal_for_anyone),
        (cut_over, cutting_over),
        (laptop, laptop_under_way),
    ];
    let scenes = (1..).zip(stories).map(|(number, (version, story))| {
        let scene = Scene {
            version,
            number,
            cast,
            now,
            seed: random.bytes(),
        };
        story(scene).map(Run::changes)
    });
    scenes.collect()
}

impl<'a> Scene<'a> {
    /// Somebody starts the flow some time ago.
    fn start(self, who: Actor, ago: TimeDelta, known: Pairs<'_>) -> Result<Run<'a>, Refusal> {
        Run::start(self.version, self.number, who, self.now - ago, known, self.seed)
    }

    /// Morgan or an engineer prepares it some time ago.
    fn prepare(self, who: Actor, ago: TimeDelta, preparation: &Preparation) -> Result<Run<'a>, Refusal> {
        Run::prepare(
            self.version,
            self.number,
            who,
            self.now - ago,
            preparation,
            self.seed,
        )
    }

    /// A day as fields take it.
    fn day(self, days: i64) -> String {
        let day: NaiveDate = (self.now + TimeDelta::days(days)).date_naive();
        day.to_string()
    }

    /// A time of day as fields take it.
    fn time(self, days: i64, hour: u32) -> String {
        self.at(days, hour).to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn at(self, days: i64, hour: u32) -> DateTime<Utc> {
        let day = (self.now + TimeDelta::days(days)).date_naive();
        day.and_hms_opt(hour, 0, 0)
            .map_or(self.now, |time| time.and_utc())
    }
}

fn assignee(who: Actor) -> Assignee {
    Assignee {
        user_id: who.user_id,
        role: Some(who.role),
    }
}

/// Completed, everything filled in.
fn renewed(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { ravi, .. } = scene.cast;
    scene
        .start(
            ravi,
            TimeDelta::days(6),
            &[
                ("service_name", "portal.contoso.example"),
                ("expires_on", &scene.day(3)),
                ("owner_mail", "web-team@contoso.example"),
            ],
        )?
        .after(3)
        .set(
            ravi,
            &[("server", "web01"), ("other_names", "www.portal.contoso.example")],
        )?
        .done(
            ravi,
            "look",
            PLAIN
                .note("Old serial number: 04B1:7E22:90DA:51C8")
                .output("subject=CN = portal.contoso.example\nserial=04B17E2290DA51C8\nX509v3 Subject Alternative Name:\n    DNS:portal.contoso.example, DNS:www.portal.contoso.example"),
        )?
        .after(9)
        .done(ravi, "surprises", PLAIN.choice("Nothing stands against it"))?
        .after(2)
        .set(ravi, &[("ca_portal", "https://ca.example.com/order")])?
        .done(ravi, "caa", PLAIN.output("contoso.example: 0 issue \"ca.example.com\""))?
        .after(2)
        .done(
            ravi,
            "save",
            PLAIN.output("total 16\n-rw------- 1 root root  241 old.key\n-rw-r--r-- 1 root root 5622 old.pem"),
        )?
        .after(4)
        .done(
            ravi,
            "request",
            PLAIN.output("Certificate request self-signature verify OK\n    X509v3 Subject Alternative Name:\n        DNS:portal.contoso.example, DNS:www.portal.contoso.example"),
        )?
        .after(16)
        .done(ravi, "order", PLAIN.note("Order 88213, proved by DNS."))?
        .after(3)
        .done(ravi, "match", PLAIN.output("new.pem: OK\n2").choice("All of it is so"))?
        .skipped(ravi, "chain", "The chain came with the certificate")?
        .after(2)
        .done(
            ravi,
            "install",
            PLAIN
                .output("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful")
                .choice("The test is successful"),
        )?
        .after(1)
        .done(ravi, "reload", PLAIN.output("active"))?
        .after(6)
        .done(ravi, "see", PLAIN.output("200, verified: 0").choice("All clients connect"))?
        .skipped(ravi, "roll-back", "Not needed")?
        .after(8)
        .done(ravi, "close", PLAIN)?
        .after(1)
        .completed(
            ravi,
            Outcome::Resolved,
            "portal.contoso.example has its new certificate; nobody noticed.",
            "Shred old.key next week. Ask the authority for automatic renewal.",
        )?
        .after(95)
        .noted(ravi, "The scanner from outside gives it an A.")
}

/// Discarded.
fn false_alarm(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { ravi, .. } = scene.cast;
    scene
        .start(
            ravi,
            TimeDelta::hours(75),
            &[
                ("mail_host", "mx1.contoso.example"),
                ("symptom", "A customer says: \"your mail server is down\""),
            ],
        )?
        .after(4)
        .noted(
            ravi,
            "The customer wrote to an address with a typing error. Nothing is down.",
        )?
        .discarded(ravi)
}

/// Completed with a workaround, one required value never filled in.
fn outage(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { lena, .. } = scene.cast;
    let reported_at =
        (scene.now - TimeDelta::minutes(47 * 60 + 12)).to_rfc3339_opts(SecondsFormat::Secs, true);
    scene
        .start(lena, TimeDelta::hours(47), &[])?
        .after(1)
        .set(
            lena,
            &[
                ("mail_host", "mx1.contoso.example"),
                ("mail_domain", "contoso.example"),
                ("severity", "Mail is slow"),
                ("reported_at", &reported_at),
                ("symptom", "Invoices arrive an hour late.\nNo bounces so far."),
            ],
        )?
        .after(2)
        .done(lena, "known", PLAIN.note("No change in the calendar since Thursday."))?
        .after(3)
        .done(lena, "tell", PLAIN.note("Service desk told; next word at the full hour."))?
        .after(4)
        .done(
            lena,
            "answers",
            PLAIN
                .output("Connection to mx1.contoso.example 25 port [tcp/smtp] succeeded!\nVerification: OK")
                .choice("It answers, and the certificate is good"),
        )?
        .after(6)
        .done(
            lena,
            "queue",
            PLAIN
                .output("   11842 deferred\n       9 active\nWho sent them:\n   11790 scanner@contoso.example\n      23 billing@contoso.example")
                .choice("One sender fills the queue"),
        )?
        .after(1)
        .set(lena, &[("bad_sender", "scanner@contoso.example")])?
        .after(8)
        .done(
            lena,
            "hold",
            PLAIN
                .note("The scanner on floor 2 sends its error report to itself, again and again. Unplugged.")
                .output("postsuper: Placed on hold: 11790 messages"),
        )?
        .skipped(lena, "flow", "No outside mailbox at hand; the queue drains and invoices arrive")?
        .after(20)
        .completed(
            lena,
            Outcome::Workaround,
            "Mail flows again since the scanner is unplugged. Its messages are on hold.",
            "Correct the scanner's report address, then delete the held messages.",
        )
}

/// Prepared and assigned.
fn swap_ahead(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { morgan, lena, .. } = scene.cast;
    let starts_at = scene.time(2, 18);
    let preparation = Preparation {
        values: values(&[
            ("site", "Warehouse North"),
            ("starts_at", &starts_at),
            ("wan_ip", "203.0.113.18"),
            ("wan_gateway", "203.0.113.17"),
            ("lan_network", "10.20.0.0/24"),
            ("lan_gateway", "10.20.0.1"),
        ]),
        assignee: Some(assignee(lena)),
        title: "Warehouse North: firewall, evening window".to_owned(),
        ticket: "CHG0042817".to_owned(),
        ticket_url: "https://desk.contoso.example/CHG0042817".to_owned(),
        client: "Warehouse North".to_owned(),
        note: "The site lead opens the door at 17:30. The alarm company knows. Ask the provider for the MAC rule first."
            .to_owned(),
        due_at: Some(scene.at(2, 21)),
        ..Preparation::default()
    };
    scene
        .prepare(morgan, TimeDelta::hours(26), &preparation)?
        .after(40)
        .set(lena, &[("vpn_peer", "198.51.100.7")])
}

/// Prepared, for whoever takes it.
fn laptop_for_anyone(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { morgan, .. } = scene.cast;
    let preparation = Preparation {
        values: values(&[
            ("full_name", "Ana Silva"),
            ("login", "ana.silva"),
            ("mail", "ana.silva@contoso.example"),
            ("manager_mail", "finance-lead@contoso.example"),
            ("start_date", &scene.day(4)),
            ("department", "Finance"),
        ]),
        assignee: None,
        title: "Laptop for Ana Silva".to_owned(),
        ticket: "REQ0018302".to_owned(),
        ticket_url: "https://desk.contoso.example/REQ0018302".to_owned(),
        note: "She sits in the Lisbon office; send the laptop the day before.".to_owned(),
        due_at: Some(scene.at(3, 15)),
        ..Preparation::default()
    };
    scene.prepare(morgan, TimeDelta::hours(20), &preparation)
}

/// Prepared by an engineer, for whoever takes it, hardly anything known.
fn renewal_for_anyone(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { lena, .. } = scene.cast;
    let preparation = Preparation {
        values: values(&[
            ("service_name", "vpn.contoso.example"),
            ("expires_on", &scene.day(12)),
        ]),
        due_at: Some(scene.at(9, 12)),
        ..Preparation::default()
    };
    scene.prepare(lena, TimeDelta::hours(5), &preparation)
}

/// Active: Lena, in the middle of it.
fn cutting_over(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { lena, .. } = scene.cast;
    scene
        .start(lena, TimeDelta::minutes(170), &[])?
        .after(2)
        .set(
            lena,
            &[
                ("old_host", "FS01"),
                ("new_host", "fs02.contoso.example"),
                ("new_ip", "10.10.4.22"),
                ("service_name", "files.contoso.example"),
            ],
        )?
        .after(3)
        .done(
            lena,
            "look",
            PLAIN
                .note("412 GB used on the old server, 900 GB free on the new one.")
                .output("ComputerName         RemoteAddress TcpTestSucceeded\n------------         ------------- ----------------\nFS01                 10.10.4.11                True\nfs02.contoso.example 10.10.4.22                True"),
        )?
        .after(11)
        .set(
            lena,
            &[
                ("contact", "office@contoso.example"),
                ("cut_over_at", &scene.time(0, 20)),
            ],
        )?
        .done(lena, "backup", PLAIN.note("Restored one file from last night: readable."))?
        .after(5)
        .done(lena, "lower-ttl", PLAIN.note("Old time to live: 1 hour"))?
        .after(4)
        .set(
            lena,
            &[("source_path", r"\\FS01\d$\Data"), ("target_path", r"D:\Data")],
        )?
        .after(121)
        .done(
            lena,
            "first-copy",
            PLAIN.output("               Total    Copied   Skipped  Mismatch    FAILED    Extras\n    Dirs :     18211     18211         0         0         0         0\n   Files :    204117    204117         0         0         0         0\nrobocopy ended with 1"),
        )?
        .after(6)
        .ticked(lena, "go", &[0, 1])
}

/// Active: Ravi works on what Morgan prepared for him.
fn laptop_under_way(scene: Scene<'_>) -> Result<Run<'_>, Refusal> {
    let Cast { morgan, ravi, .. } = scene.cast;
    let preparation = Preparation {
        values: values(&[
            ("full_name", "Tom Baker"),
            ("login", "tom.baker"),
            ("mail", "tom.baker@contoso.example"),
            ("start_date", &scene.day(1)),
            ("department", "Engineering"),
            ("software", "Office\nDiagram editor"),
        ]),
        assignee: Some(assignee(ravi)),
        title: "Laptop for Tom Baker".to_owned(),
        ticket: "REQ0018277".to_owned(),
        ticket_url: "https://desk.contoso.example/REQ0018277".to_owned(),
        note: "His manager is new too; ask me for the address.".to_owned(),
        due_at: Some(scene.at(1, 8)),
        ..Preparation::default()
    };
    scene
        .prepare(morgan, TimeDelta::minutes(95), &preparation)?
        .after(50)
        .started(ravi)?
        .after(4)
        .done(ravi, "request", PLAIN)?
        .after(3)
        .done(ravi, "name-free", PLAIN.choice("Both are free"))?
        .skipped(ravi, "other-name", "The name is free")?
        .after(6)
        .done(
            ravi,
            "create-account",
            PLAIN.output("Name      SamAccountName Enabled\n----      -------------- -------\nTom Baker tom.baker        False"),
        )?
        .after(12)
        .set(ravi, &[("laptop_name", "LT-0417")])?
        .ticked(ravi, "unpack", &[0, 2])
}
