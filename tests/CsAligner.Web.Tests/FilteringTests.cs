using System.Globalization;
using System.Text.Json;
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
        await using Visit visit = await (await VisitAsync()).WaitForItemsAsync();
        JsonElement attribute = (await visit.GetAsync("/v1/stats")).GetProperty("attributes").EnumerateArray()
            .First(each => each.GetProperty("least").ValueKind == JsonValueKind.Number);
        string name = attribute.GetProperty("name").GetString()!;
        double least = attribute.GetProperty("least").GetDouble(), most = attribute.GetProperty("most").GetDouble();
        double middle = Math.Floor((least + most) / 2);
        var (_, word, _) = await visit.PictureAsync();
        await visit.TypeAsync(word);
        ILocator box = visit.Filters.GetByLabel($"{name}, at least");

        JsonElement answer = await visit.SearchAsync(() => box.FillAsync(middle.ToString(CultureInfo.InvariantCulture)));

        double[] found = [.. answer.GetProperty("hits").EnumerateArray()
            .Select(hit => hit.GetProperty("attributes").GetProperty(name).GetDouble())];
        Assert.NotEmpty(found);
        Assert.All(found, value => Assert.InRange(value, middle, most));
        await visit.Page.ReloadAsync();
        await Expect(box).ToHaveValueAsync(middle.ToString(CultureInfo.InvariantCulture));
        await Expect(visit.Cards.First).ToHaveAttributeAsync("data-id", Visit.IdsOf(answer)[0]);
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
        await visit.SearchAsync(() => visit.Page.Locator("#state").GetByRole(AriaRole.Button, new() { Name = "Clear filters" }).ClickAsync());
        Assert.Equal("?q=red", visit.Query);
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
