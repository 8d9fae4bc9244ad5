using System.Net;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>A service with keys.</summary>
public sealed class SignInTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Fact]
    public async Task WithoutAKeyThereIsOnlyTheForm()
    {
        await using Visit visit = await VisitAsync(locked: true);

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        IAPIResponse items = await visit.Page.APIRequest.GetAsync(new Uri(visit.Service, "/v1/items").AbsoluteUri);
        Assert.Equal((int)HttpStatusCode.Unauthorized, items.Status);
    }

    [Fact]
    public async Task AWrongKeyIsTold()
    {
        await using Visit visit = await SignInAsync("not-a-key");

        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(visit.Page.GetByLabel("Key")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task TheReadKeySearchesButAddsNothing()
    {
        await using Visit visit = await (await SignInAsync("read-key-of-the-tests")).WaitForItemsAsync();
        var (_, word, _) = await visit.PictureAsync();

        await visit.TypeAsync(word);

        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" })).ToBeVisibleAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add to the index" })).ToBeHiddenAsync();
        await visit.Cards.First.Locator(".card-open").ClickAsync();
        await Expect(visit.Details).ToBeVisibleAsync();
        await Expect(visit.Details.GetByText("Delete")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task TheWriteKeyMayAdd()
    {
        await using Visit visit = await (await SignInAsync("write-key-of-the-tests")).WaitForItemsAsync();

        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add to the index" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task SigningOutEndsIt()
    {
        await using Visit visit = await (await SignInAsync("read-key-of-the-tests")).WaitForItemsAsync();

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ASessionThatEndsLeadsBackToTheForm()
    {
        await using Visit visit = await (await SignInAsync("read-key-of-the-tests")).WaitForItemsAsync();
        await visit.Page.Context.ClearCookiesAsync();
        // Just after it was loaded the page does not load itself again.
        await Task.Delay(2100, TestContext.Current.CancellationToken);

        await visit.Words.FillAsync("red");

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Sign in" })).ToBeVisibleAsync();
    }

    private async Task<Visit> SignInAsync(string key)
    {
        Visit visit = await VisitAsync(locked: true);
        await visit.Page.GetByLabel("Key").FillAsync(key);
        await visit.Page.Keyboard.PressAsync("Enter");
        return visit;
    }
}
