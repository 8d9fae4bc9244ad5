using System.Text.Json;
using System.Text.RegularExpressions;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>What the page says while it waits and when something is wrong.</summary>
public sealed class StateTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Fact]
    public async Task AServiceThatIsAwayIsAskedAgain()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        await visit.Page.RouteAsync(Visit.IsSearch, route => route.AbortAsync());

        await visit.Words.FillAsync("red");

        await Expect(Heading(visit, "The service does not answer")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("#state")).ToContainTextAsync(new Regex("Trying again in [12] second"));
        await visit.Page.UnrouteAllAsync();
        await Expect(visit.Cards).ToHaveCountAsync(24, new() { Timeout = 10_000 });
    }

    [Fact]
    public async Task AnOfflineStartRecovers()
    {
        await using Visit visit = await VisitAsync("/web/icon.svg");
        await visit.Page.RouteAsync("**/v1/**", route => route.AbortAsync());
        await visit.Page.GotoAsync(visit.Service.AbsoluteUri);
        await Expect(Heading(visit, "The service does not answer")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("#counts")).ToHaveTextAsync("");

        await visit.Page.UnrouteAllAsync();
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Try now" }).ClickAsync();

        await Expect(visit.Cards).ToHaveCountAsync(24);
        await Expect(visit.Page.Locator("#counts")).ToContainTextAsync("picture");
        await Expect(visit.Filters.GetByRole(AriaRole.Group).Nth(1)).ToBeVisibleAsync();
    }

    [Fact]
    public async Task ABusyServiceIsAskedWhenItSays()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        await visit.FailSearchesAsync(429, "too many requests", retryAfter: "3");

        await visit.Words.FillAsync("red");

        await Expect(Heading(visit, "The service is busy")).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("#state")).ToContainTextAsync("Trying again in 3 seconds");
        await visit.Page.UnrouteAllAsync();
        await Expect(visit.Cards).ToHaveCountAsync(24, new() { Timeout = 10_000 });
    }

    [Theory]
    [InlineData(400, "without 'red': nothing of the search is left", "This cannot be searched for", "Start over")]
    [InlineData(500, "a fault", "Something went wrong in the service", "Try again")]
    public async Task AFailureSaysWhatHappenedAndWhatHelps(int status, string detail, string title, string action)
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        await visit.FailSearchesAsync(status, detail);

        await visit.Words.FillAsync("red");

        await Expect(Heading(visit, title)).ToBeVisibleAsync();
        await Expect(visit.Page.Locator("#state")).ToContainTextAsync(detail);
        await visit.Page.UnrouteAllAsync();
        await visit.Page.Locator("#state").GetByRole(AriaRole.Button, new() { Name = action }).ClickAsync();
        await Expect(visit.Cards).ToHaveCountAsync(24);
    }

    [Fact]
    public async Task APictureThatTheServiceCannotReadIsTakenAway()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();

        await visit.TransferAsync("broken.png", "image/png", "no picture at all"u8.ToArray());

        await Expect(visit.Page.Locator("#state")).ToContainTextAsync("PNG");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Take the picture away" }).ClickAsync();
        await Expect(visit.Parts).ToHaveCountAsync(0);
        await Expect(visit.Cards).ToHaveCountAsync(24);
    }

    [Fact]
    public async Task AnAnswerWithoutAllPartsOfTheIndexSaysSo()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        await visit.Page.RouteAsync(Visit.IsSearch, async route =>
        {
            IAPIResponse whole = await route.FetchAsync();
            string text = (await whole.TextAsync()).Replace("\"partial\":false", "\"partial\":true", StringComparison.Ordinal);
            await route.FulfillAsync(new() { Response = whole, Body = text });
        });

        await visit.TypeAsync("red");
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Part of the index did not answer");

        await visit.Page.UnrouteAllAsync();
        await visit.SearchAsync(() => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Search again" }).ClickAsync());
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task ASlowAnswerIsWaitedForVisibly()
    {
        await using Visit visit = await VisitAsync("/web/icon.svg");
        var answer = new TaskCompletionSource();
        await visit.Page.RouteAsync("**/v1/items?*", async route =>
        {
            await answer.Task;
            await route.ContinueAsync();
        });

        await visit.Page.GotoAsync(visit.Service.AbsoluteUri);

        await Expect(visit.Page.Locator("#results")).ToHaveAttributeAsync("aria-busy", "true");
        await Expect(visit.Page.Locator(".bone")).ToHaveCountAsync(24);
        answer.SetResult();
        await Expect(visit.Cards).ToHaveCountAsync(24);
        await Expect(visit.Page.Locator(".bone")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task AnEmptyIndexInvitesToFillIt()
    {
        await using Visit visit = await VisitAsync("/web/icon.svg");
        await visit.Page.RouteAsync("**/v1/items?*",
            route => route.FulfillAsync(new() { Json = new { items = Array.Empty<object>(), next = (string?)null } }));

        await visit.Page.GotoAsync(visit.Service.AbsoluteUri);

        await Expect(Heading(visit, "The index is empty")).ToBeVisibleAsync();
        await visit.Page.Locator("#state").GetByRole(AriaRole.Button, new() { Name = "Add to the index" }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Dialog, new() { Name = "Add to the index" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task OnlyWeakMatchesCanBeShownAfterAll()
    {
        await using Visit visit = await (await VisitAsync("/?cutoff=auto")).WaitForItemsAsync();
        await visit.Page.RouteAsync(
            address => Visit.IsSearch(address) && address.Contains("min_score=auto", StringComparison.Ordinal),
            route => route.FulfillAsync(new()
            {
                Json = new { hits = Array.Empty<object>(), offset = 0, more = false, exact = true, partial = false, milliseconds = 1 },
            }));
        await visit.Words.FillAsync("red");
        await Expect(Heading(visit, "Only weak matches")).ToBeVisibleAsync();

        await visit.SearchAsync(() => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Show weak matches" }).ClickAsync());

        await Expect(visit.Cards).ToHaveCountAsync(24);
    }

    [Fact]
    public async Task AModelWithoutWordsOrPicturesIsNotOfferedThem()
    {
        await using Visit visit = await VisitAsync("/web/icon.svg");
        JsonElement session = await visit.GetAsync("/v1/session");
        string model = session.GetProperty("model").GetString()!;
        await visit.Page.RouteAsync("**/v1/session", route => route.FulfillAsync(new()
        {
            Json = new { keys = false, write = false, model, words = false, pictures = false, max_picture_bytes = 1 },
        }));

        await visit.Page.GotoAsync(visit.Service.AbsoluteUri);
        await visit.WaitForItemsAsync();

        await Expect(visit.Words).ToBeDisabledAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Choose a picture to search with" })).ToBeHiddenAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add to the index" })).ToBeHiddenAsync();
        await visit.TransferAsync("one.png", "image/png", [1]);
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("cannot search with pictures");
    }

    private static ILocator Heading(Visit visit, string title) => visit.Page.GetByRole(AriaRole.Heading, new() { Name = title });
}
