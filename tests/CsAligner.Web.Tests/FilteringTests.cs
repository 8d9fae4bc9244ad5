using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace CsAligner.Web.Tests;

/// <summary>Filters made from the attributes of the index.</summary>
public sealed class FilteringTests(Chromium chromium, SearchServer server) : PageTest(chromium, server)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AValueFilters(bool phone)
    {
        await using Visit visit = await (await VisitAsync(phone: phone)).WaitForItemsAsync();
        var (name, values) = await ValuesAsync(visit);
        var (_, word, _) = await visit.PictureAsync();
        await visit.TypeAsync(word);
        if (phone) await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Filters" }).ClickAsync();
        ILocator first = Value(visit, name, values[0]), second = Value(visit, name, values[1]);

        AssertAll(await visit.SearchAsync(() => first.ClickAsync()), name, [values[0]]);
        await Expect(first).ToHaveAttributeAsync("aria-pressed", "true");
        await Expect(first).ToBeFocusedAsync();
        AssertAll(await visit.SearchAsync(() => second.ClickAsync()), name, values[..2]);
        AssertAll(await visit.SearchAsync(() => first.ClickAsync()), name, [values[1]]);
        if (phone) await Expect(visit.Page.Locator("#filters-toggle")).ToHaveTextAsync("Filters (1)");

        await visit.SearchAsync(() => visit.Page.GetByRole(AriaRole.Button, new() { Name = "Clear filters" }).ClickAsync());
        Assert.Equal($"?q={word}", visit.Query);
    }

    [Fact]
    public async Task ARangeOfNumbersFilters()
    {
        await using Visit visit = await VisitAsync("/web/icon.svg");
        int[] years = [1989, 2001, 2013];
        string[] ids = await AddAsync(visit, years);
        // The service looks through its index only now and then.
        await visit.Page.RouteAsync("**/v1/stats", async route =>
        {
            JsonNode stats = JsonNode.Parse(await (await route.FetchAsync()).TextAsync())!;
            stats["attributes"]!.AsArray()
                .Add(JsonNode.Parse("""{"name": "year", "items": 3, "values": [], "least": 1989, "most": 2013}"""));
            await route.FulfillAsync(new() { ContentType = "application/json", Body = stats.ToJsonString() });
        });
        await visit.Page.GotoAsync(visit.Service.AbsoluteUri);
        await visit.TypeAsync("a tram");
        ILocator from = visit.Filters.GetByLabel("year, at least"), to = visit.Filters.GetByLabel("year, at most");
        await Expect(from).ToHaveAttributeAsync("placeholder", "1989");

        await AssertFoundAsync(() => from.FillAsync("2000"), ids[1..]);
        await AssertFoundAsync(() => to.FillAsync("2001"), [ids[1]]);
        await visit.Page.ReloadAsync();
        await Expect(from).ToHaveValueAsync("2000");
        await AssertFoundAsync(() => from.FillAsync(""), ids[..2]);

        foreach (string id in ids) await visit.Page.APIRequest.DeleteAsync(new Uri(visit.Service, $"/v1/items/{id}").AbsoluteUri);

        async Task AssertFoundAsync(Func<Task> act, string[] expected) =>
            Assert.Equal(expected.Order(StringComparer.Ordinal), Visit.IdsOf(await visit.SearchAsync(act)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WithoutASearchTheItemsOfTheIndexAreFiltered()
    {
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        var (name, values) = await ValuesAsync(visit);

        await Value(visit, name, values[^1]).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Radio, new() { Name = "Pictures" }).CheckAsync();

        await Expect(visit.Page.Locator("#results > .card[data-kind=text]")).ToHaveCountAsync(0);
        await Expect(visit.Summary).ToHaveTextAsync("In this index");
        string id = (await visit.Cards.First.GetAttributeAsync("data-id"))!;
        JsonElement item = await visit.GetAsync($"/v1/items/{Uri.EscapeDataString(id)}");
        Assert.Equal(values[^1], item.GetProperty("attributes").GetProperty(name).GetString());
    }

    [Fact]
    public async Task FiltersThatNothingPassesSayWhatHelps()
    {
        await using Visit visit = await VisitAsync("/?q=red&is.no-such-attribute=x");

        await Expect(visit.Page.GetByRole(AriaRole.Heading, new() { Name = "Nothing passes the filters" })).ToBeVisibleAsync();
        ILocator clear = visit.Page.Locator("#state").GetByRole(AriaRole.Button, new() { Name = "Clear filters" });
        await visit.SearchAsync(() => clear.ClickAsync());
        Assert.Equal("?q=red", visit.Query);
    }

    private static async Task<string[]> AddAsync(Visit visit, int[] years)
    {
        IAPIResponse added = await visit.Page.APIRequest.PostAsync(new Uri(visit.Service, "/v1/items").AbsoluteUri, new()
        {
            DataObject = new { items = years.Select(year => new { kind = "text", text = $"a tram of {year}", attributes = new { year } }) },
        });
        Assert.True(added.Ok, await added.TextAsync());
        return [.. (await added.JsonAsync())!.Value.GetProperty("items").EnumerateArray().Select(Visit.IdOf)];
    }

    // An attribute with texts, its most frequent value first.
    private static async Task<(string Name, string[] Values)> ValuesAsync(Visit visit)
    {
        foreach (JsonElement attribute in (await visit.GetAsync("/v1/stats")).GetProperty("attributes").EnumerateArray())
        {
            string[] values = [.. attribute.GetProperty("values").EnumerateArray().Select(each => each.GetProperty("value").GetString()!)];
            if (values.Length >= 2) return (attribute.GetProperty("name").GetString()!, values);
        }

        throw new InvalidOperationException("the index has no attribute with several values");
    }

    private static ILocator Value(Visit visit, string name, string value) => visit.Filters
        .GetByRole(AriaRole.Group, new() { Name = name, Exact = true })
        .GetByRole(AriaRole.Button, new() { NameRegex = new Regex($"^{Regex.Escape(value)} [0-9,]+$") });

    private static void AssertAll(JsonElement answer, string name, string[] allowed)
    {
        Assert.True(answer.GetProperty("hits").GetArrayLength() > 0, "nothing was found");
        Assert.All(answer.GetProperty("hits").EnumerateArray(),
            hit => Assert.Contains(hit.GetProperty("attributes").GetProperty(name).GetString()!, allowed));
    }
}
