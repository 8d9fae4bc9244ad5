using System.Text.Json;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>The map of the index, before and after alignment.</summary>
public sealed class MapTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task PointsAreDrawnAndMoveToWhereTheyWereBefore(bool phone, bool moving)
    {
        await using Visit visit = await VisitAsync("/?view=map", phone: phone, still: !moving);
        await Expect(visit.Page.Locator("#map-summary")).Not.ToHaveTextAsync("");
        byte[] after = await SettledAsync(visit);
        Assert.True(await InkAsync(visit) > 200, "nothing is drawn");

        await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "Before" }).CheckAsync();

        byte[] before = await SettledAsync(visit);
        Assert.False(before.AsSpan().SequenceEqual(after), "the points did not move");
        await Expect(visit.Page.Locator("#map-summary")).ToContainTextAsync("how the model itself places them");
        await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "After" }).CheckAsync();
        Assert.True((await SettledAsync(visit)).AsSpan().SequenceEqual(after), "the points did not come back");
    }

    [Fact]
    public async Task TheGapIsToldAndSeen()
    {
        await using Visit visit = await VisitAsync("/?view=map");
        JsonElement map = await visit.GetAsync("/v1/map"), gap = map.GetProperty("gap");

        await Expect(visit.Page.Locator("#gap dt")).ToHaveTextAsync(["Divergence DCS", "Distance of the centres"]);
        foreach (string moment in new[] { "before", "after" })
            Assert.Equal(JsonValueKind.Object, gap.GetProperty(moment).ValueKind);
        await Expect(visit.Page.Locator("#gap small").First).ToContainTextAsync("before");
        // Pictures left of texts, and closer to them after alignment.
        double before = Across("text", "before") - Across("image", "before"), after = Across("text", "after") - Across("image", "after");
        Assert.True(after >= 0 && before > 2 * after, $"{before} before, {after} after");

        double Across(string kind, string moment) => map.GetProperty("points").EnumerateArray()
            .Where(point => point.GetProperty("kind").GetString() == kind).Average(point => point.GetProperty(moment)[0].GetDouble());
    }

    [Fact]
    public async Task WhatTheSearchFoundIsMarked()
    {
        await using Visit visit = await VisitAsync("/?view=map");
        var (_, word, _) = await visit.PictureAsync();
        byte[] plain = await SettledAsync(visit);

        await visit.TypeAsync(word);

        await Expect(visit.Page.Locator("#map-summary")).ToContainTextAsync("of the search are");
        Assert.False((await SettledAsync(visit)).AsSpan().SequenceEqual(plain), "nothing is marked");
        Assert.Equal($"?q={word}&view=map", visit.Query);
        // The search goes along to the other view and back.
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Search", Exact = true }).ClickAsync();
        await Expect(visit.Cards).ToHaveCountAsync(24);
        await visit.Page.GoBackAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Map of the index" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task TheMapIsWalkedWithKeys()
    {
        await using Visit visit = await VisitAsync("/?view=map");
        ILocator map = visit.Page.Locator("#map"), told = visit.Page.Locator("#map-focus");
        await Expect(visit.Page.Locator("#map-summary")).Not.ToHaveTextAsync("");

        await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "After" }).FocusAsync();
        await visit.Page.Keyboard.PressAsync("Tab");
        await Expect(map).ToBeFocusedAsync();
        await Expect(told).Not.ToHaveTextAsync("");
        string first = await told.InnerTextAsync();
        foreach (string key in new[] { "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown" })
        {
            string before = await told.TextContentAsync() ?? "";
            await visit.Page.Keyboard.PressAsync(key);
            await Expect(told).Not.ToHaveTextAsync(before);
        }

        await visit.Page.Keyboard.PressAsync("Home");
        await Expect(told).ToHaveTextAsync(first);
        await visit.Page.Keyboard.PressAsync("Enter");
        await Expect(visit.Details).ToBeVisibleAsync();
        await visit.Page.Keyboard.PressAsync("Escape");
        await Expect(map).ToBeFocusedAsync();
    }

    [Fact]
    public async Task APointIsPointedAtAndOpened()
    {
        await using Visit visit = await VisitAsync("/?view=map");
        await Expect(visit.Page.Locator("#map-summary")).Not.ToHaveTextAsync("");
        JsonElement point = (await visit.GetAsync("/v1/map")).GetProperty("points")[0];
        LocatorBoundingBoxResult box = (await visit.Page.Locator("#map").BoundingBoxAsync())!;
        const float Margin = 28;
        float x = box.X + (box.Width / 2) + (point.GetProperty("after")[0].GetSingle() * ((box.Width / 2) - Margin));
        float y = box.Y + (box.Height / 2) - (point.GetProperty("after")[1].GetSingle() * ((box.Height / 2) - Margin));

        await visit.Page.Mouse.MoveAsync(x, y);
        await Expect(visit.Page.Locator("#map-tip")).ToBeVisibleAsync();
        await visit.Page.Mouse.ClickAsync(x, y);

        await Expect(visit.Details).ToBeVisibleAsync();
        Assert.StartsWith("?view=map&item=", visit.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMapThatDoesNotComeCanBeAskedForAgain()
    {
        await using Visit visit = await VisitAsync();
        await visit.Page.RouteAsync("**/v1/map", route => route.AbortAsync());
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Map", Exact = true }).ClickAsync();
        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "The map cannot be shown" })).ToBeVisibleAsync();

        await visit.Page.UnrouteAllAsync();
        await visit.Page.Locator("#map-state").GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();

        await Expect(visit.Page.Locator("#map-summary")).Not.ToHaveTextAsync("");
    }

    // The map, once it has come to rest.
    private static async Task<byte[]> SettledAsync(Visit visit)
    {
        byte[] last = [];
        while (true)
        {
            byte[] now = await visit.Page.Locator("#map").ScreenshotAsync();
            if (now.AsSpan().SequenceEqual(last)) return now;
            last = now;
            await Task.Delay(150, TestContext.Current.CancellationToken);
        }
    }

    // Pixels of the canvas that something is drawn on.
    private static Task<int> InkAsync(Visit visit) => visit.Page.Locator("#map").EvaluateAsync<int>(
        """
        canvas => {
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let ink = 0;
          for (let at = 3; at < data.length; at += 4) ink += data[at] > 0;
          return ink;
        }
        """);
}
