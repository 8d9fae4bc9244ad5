using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>Pages of results, one item in full, and the way back.</summary>
public sealed class MovingTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MoreResultsComeBehindTheFirst(bool searched)
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var (_, word, _) = await visit.PictureAsync();
        if (searched) await visit.TypeAsync(word);
        ILocator more = visit.Page.GetByRole(AriaRole.Button, new() { Name = "More", Exact = true });

        await more.FocusAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Cards).ToHaveCountAsync(48);
        await Expect(visit.Cards.Nth(24).Locator(".card-open")).ToBeFocusedAsync();
        await more.ClickAsync();
        await Expect(visit.Cards).ToHaveCountAsync(72);

        string[] ids = await visit.Cards.EvaluateAllAsync<string[]>("cards => cards.map(card => card.dataset.id)");
        Assert.Equal(72, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task TheAddressKeepsTheSearchAndTheWayBack()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var (_, word, _) = await visit.PictureAsync();

        await visit.Words.PressSequentiallyAsync(word, new() { Delay = 30 });
        await Expect(visit.Summary).ToHaveTextAsync($"“{word}”");
        await visit.SearchAsync(() => visit.Page.GetByRole(AriaRole.Radio, new() { Name = "Texts" }).CheckAsync());
        Assert.Equal($"?q={word}&find=texts", visit.Query);

        await visit.Page.GoBackAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Radio, new() { Name = "Both" })).ToBeCheckedAsync();
        await Expect(visit.Words).ToHaveValueAsync(word);
        // All keys of the word are one step.
        await visit.Page.GoBackAsync();
        await Expect(visit.Words).ToHaveValueAsync("");
        await Expect(visit.Summary).ToHaveTextAsync("In this index");
        await visit.Page.GoForwardAsync();
        await Expect(visit.Summary).ToHaveTextAsync($"“{word}”");
    }

    [Fact]
    public async Task APictureIsKeptOnTheWayBackButNotOverAReload()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var (_, word, bytes) = await visit.PictureAsync();
        await visit.SearchAsync(() => visit.TransferAsync("kept.png", "image/png", bytes));
        await visit.SearchAsync(() => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Remove the picture kept.png" }).ClickAsync()
            .ContinueWith(_ => visit.Words.FillAsync(word), TaskScheduler.Default).Unwrap());
        await Expect(visit.Parts).ToHaveCountAsync(0);

        await visit.Page.GoBackAsync();
        await visit.Page.GoBackAsync();
        await Expect(visit.Parts).ToHaveTextAsync(["kept.png"]);

        await visit.Page.ReloadAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("no longer here");
        await Expect(visit.Parts).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task OneItemIsShownInFull()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var (_, word, _) = await visit.PictureAsync();
        string[] ids = Visit.IdsOf(await visit.TypeAsync(word));

        await visit.Cards.Nth(1).Locator(".card-open").ClickAsync();

        await Expect(visit.Details).ToBeVisibleAsync();
        await Expect(visit.Details).ToContainTextAsync("2 of 24");
        await Expect(visit.Details).ToContainTextAsync(ids[1]);
        await visit.Details.GetByRole(AriaRole.Button, new() { Name = "Next result" }).ClickAsync();
        await Expect(visit.Details).ToContainTextAsync(ids[2]);
        await visit.Page.Keyboard.PressAsync("ArrowLeft");
        await Expect(visit.Details).ToContainTextAsync("2 of 24");
        Assert.Contains($"item={Uri.EscapeDataString(ids[1])}", visit.Query, StringComparison.Ordinal);

        await visit.Page.GoBackAsync();
        await Expect(visit.Details).ToBeHiddenAsync();
        Assert.Equal($"?q={word}", visit.Query);
        await Expect(visit.Cards.Nth(1).Locator(".card-open")).ToBeFocusedAsync();
    }

    [Fact]
    public async Task AnItemHasAnAddressOfItsOwn()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        string id = Visit.IdOf((await visit.ItemsAsync())[^1]);

        await visit.Page.GotoAsync(new Uri(visit.Service, $"/?item={Uri.EscapeDataString(id)}").AbsoluteUri);

        await Expect(visit.Details).ToContainTextAsync(id);
        await visit.Details.GetByRole(AriaRole.Button, new() { Name = "Close" }).ClickAsync();
        await Expect(visit.Details).ToBeHiddenAsync();
        Assert.Equal("", visit.Query);
    }

    [Fact]
    public async Task FromOneItemToTheLikeOfIt()
    {
        await using Visit visit = await (await VisitAsync(phone: true)).WaitForItemsAsync();
        string id = (await visit.Cards.First.GetAttributeAsync("data-id"))!;
        await visit.Cards.First.Locator(".card-open").ClickAsync();

        await visit.SearchAsync(() => visit.Details.GetByRole(AriaRole.Button, new() { Name = "More like this" }).ClickAsync());

        await Expect(visit.Details).ToBeHiddenAsync();
        Assert.Equal($"?like={Uri.EscapeDataString(id)}", visit.Query);
        await visit.Page.GoBackAsync();
        await Expect(visit.Summary).ToHaveTextAsync("In this index");
    }
}
