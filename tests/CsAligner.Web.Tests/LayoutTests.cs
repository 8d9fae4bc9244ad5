using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>Widths, light and dark.</summary>
public sealed class LayoutTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Theory]
    [InlineData(1280, 800)]
    [InlineData(820, 1180)]
    [InlineData(390, 844)]
    [InlineData(320, 568)] // 1280 at 400%, to which a page must reflow.
    public async Task NothingLiesBesideTheWindow(int width, int height)
    {
        await using Visit visit = await VisitAsync();
        await visit.Page.SetViewportSizeAsync(width, height);
        await visit.WaitForItemsAsync();
        var (_, word, bytes) = await visit.PictureAsync();
        Assert.False(await visit.ScrollsSidewaysAsync(), "the items of the index");
        await visit.TypeAsync(word);
        await visit.SearchAsync(() => visit.TransferAsync("a picture with a name that goes on and on.png", "image/png", bytes));
        if (width <= 900) await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Filters" }).ClickAsync();
        await Expect(visit.Filters).ToBeVisibleAsync();
        Assert.False(await visit.ScrollsSidewaysAsync(), "results and filters");
        await visit.Cards.First.Locator(".card-open").ClickAsync();
        await Expect(visit.Details).ToBeVisibleAsync();
        Assert.True(await visit.Details.EvaluateAsync<bool>("dialog => dialog.scrollWidth <= dialog.clientWidth"), "one item");
        await visit.Page.Keyboard.PressAsync("Escape");
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Map", Exact = true }).ClickAsync();
        await Expect(visit.Page.Locator("#map")).ToBeVisibleAsync();
        Assert.False(await visit.ScrollsSidewaysAsync(), "the map");
    }

    [Fact]
    public async Task FiltersFoldAwayOnAPhone()
    {
        await using Visit visit = await (await VisitAsync(phone: true)).WaitForItemsAsync();
        ILocator toggle = visit.Page.GetByRole(AriaRole.Button, new() { Name = "Filters" });

        await Expect(visit.Filters).ToBeHiddenAsync();
        await toggle.ClickAsync();
        await Expect(visit.Filters).ToBeVisibleAsync();
        await Expect(toggle).ToHaveAttributeAsync("aria-expanded", "true");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TheThemeFollowsTheSystemUntilItIsChosen(bool dark)
    {
        await using Visit visit = await (await VisitAsync(dark: dark)).WaitForItemsAsync();
        Assert.Equal(dark, await IsDarkAsync(visit));

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = dark ? "Use light colours" : "Use dark colours" }).ClickAsync();

        Assert.Equal(!dark, await IsDarkAsync(visit));
        await visit.Page.ReloadAsync();
        Assert.Equal(!dark, await IsDarkAsync(visit));
    }

    private static Task<bool> IsDarkAsync(Visit visit) => visit.Page.EvaluateAsync<bool>(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every(part => part < 100)");
}
