using System.Text.Json;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>axe-core looks at every view, light and dark, on a desktop and on a phone.</summary>
public sealed class AccessibilityTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    private static readonly string[] Refused = ["serious", "critical"];

    public static TheoryData<bool, bool> Looks => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task TheSearchIsAccessible(bool phone, bool dark)
    {
        string axe = await AxeAsync();
        await using Visit visit = await (await VisitAsync(phone: phone, dark: dark)).WaitForItemsAsync();
        await CheckAsync(visit, axe, "the items of the index");
        var (item, word, bytes) = await visit.PictureAsync();

        await visit.TypeAsync(word);
        await visit.SearchAsync(() => visit.TransferAsync("one.png", "image/png", bytes));
        await CheckAsync(visit, axe, "results");

        if (phone) await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Filters" }).ClickAsync();
        await visit.Filters.GetByLabel("Without", new() { Exact = true }).FillAsync("outline");
        await visit.SearchAsync(() => visit.Page.Keyboard.PressAsync("Enter"));
        await visit.SearchAsync(() => visit.Filters.Locator(".value").First.ClickAsync());
        await CheckAsync(visit, axe, "filters");

        await visit.Page.GotoAsync(new Uri(visit.Service, $"/?item={Uri.EscapeDataString(Visit.IdOf(item))}").AbsoluteUri);
        await Expect(visit.Details).ToBeVisibleAsync();
        await CheckAsync(visit, axe, "one item");
        await visit.Details.GetByText("Delete").ClickAsync();
        await CheckAsync(visit, axe, "a question");
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task TheOtherViewsAreAccessible(bool phone, bool dark)
    {
        string axe = await AxeAsync();
        await using Visit visit = await VisitAsync("/?view=map&q=red", phone: phone, dark: dark);
        await Expect(visit.Page.Locator("#map-summary")).ToContainTextAsync("marked");
        await visit.Page.Locator("#map").FocusAsync();
        await CheckAsync(visit, axe, "the map");

        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Add to the index" }).ClickAsync();
        await visit.TransferAsync("broken.png", "image/png", [1, 2, 3]);
        await Expect(visit.Page.Locator("#add-list .failed")).ToHaveCountAsync(1);
        await CheckAsync(visit, axe, "adding");
        await visit.Page.Keyboard.PressAsync("Escape");

        await visit.Page.Locator("#help").EvaluateAsync("button => button.click()");
        await CheckAsync(visit, axe, "the shortcuts");
        await visit.Page.Keyboard.PressAsync("Escape");

        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Search", Exact = true }).ClickAsync();
        await visit.FailSearchesAsync(429, "too many requests", retryAfter: "60");
        await visit.Words.FillAsync("green");
        await Expect(visit.Page.Locator("#state")).ToContainTextAsync("busy");
        await visit.TransferAsync("notes.txt", "text/plain", [1]);
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await CheckAsync(visit, axe, "a failure and a notice");
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task TheFormToSignInIsAccessible(bool phone, bool dark)
    {
        string axe = await AxeAsync();
        await using Visit visit = await VisitAsync("/#wrong-key", phone: phone, dark: dark, locked: true);
        await Expect(visit.Page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await CheckAsync(visit, axe, "the form to sign in");
    }

    [Fact]
    public async Task TheCheckerFindsWhatIsWrong()
    {
        string axe = await AxeAsync();
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();

        await visit.Page.Locator("#choose").EvaluateAsync("button => { button.removeAttribute('aria-label'); button.title = ''; }");

        Assert.Contains("button-name", await FindAsync(visit, axe), StringComparison.Ordinal);
    }

    private static async Task<string> AxeAsync()
    {
        string packages = await Npm.InstallAsync("checker", "axe-core, the accessibility checker,");
        return await File.ReadAllTextAsync(Path.Combine(packages, "axe-core", "axe.min.js"));
    }

    private static async Task CheckAsync(Visit visit, string axe, string view)
    {
        string found = await FindAsync(visit, axe);
        Assert.True(found.Length == 0, $"{view}: {found}");
    }

    private static async Task<string> FindAsync(Visit visit, string axe)
    {
        // Not as a script of the page, whose policy forbids that.
        await visit.Page.EvaluateAsync(axe);
        JsonElement result = await visit.Page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run()).violations.map(({ id, impact, nodes }) => ({ id, impact, target: String(nodes[0].target) }))
            """);
        return string.Join(", ", result.EnumerateArray()
            .Where(each => Refused.Contains(each.GetProperty("impact").GetString()))
            .Select(each => $"{each.GetProperty("id").GetString()} at {each.GetProperty("target").GetString()}"));
    }
}
