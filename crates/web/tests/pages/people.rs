//! The members of an account.

use crate::cast::{TestApp, apps};
use crate::visitor::Visitor;

#[tokio::test]
async fn everybody_of_the_account_is_there_and_nobody_else() {
    for app in apps().await {
        let vera = Visitor::signed_in(&app, "vera").await;
        let page = vera.get("/people").await.ok();
        let page = page
            .has(&["contoso", "olivia@example.com", "Owner", "Viewer", ">you</span>"])
            .lacks(&["sid@example.com", "Show more"]);
        assert_eq!(page.text.matches(">you</span>").count(), 1);
        assert_eq!(
            Visitor::new(&app).get("/people").await.goes_to(),
            "/sign-in?next=%2Fpeople"
        );
    }
}

#[tokio::test]
async fn the_list_comes_in_pages() {
    for test in resolutionflow_store::testing::databases().await {
        let app = TestApp::on(test, |settings| settings.limits.page = 2).await;
        let lena = Visitor::signed_in(&app, "lena").await;
        let (mut seen, mut path) = (0, "/people".to_owned());
        loop {
            let page = lena.get(&path).await.ok();
            seen += page.text.matches("@example.com</span>").count();
            let Some((_, rest)) = page.text.split_once("href=\"/people?cursor=") else {
                break;
            };
            path = format!("/people?cursor={}", rest.split('"').next().unwrap());
        }
        assert_eq!(seen, 5);
        assert_eq!(lena.get("/people?cursor=x").await.status, 422);
    }
}
