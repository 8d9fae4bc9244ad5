using System.Net;
using System.Text.Json;
using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Server.Tests.Serving;
using CsAligner.Tensors;

namespace CsAligner.Server.Tests;

public sealed class SearchTests(Service service) : IClassFixture<Service>
{
    [Fact]
    public async Task WordsFindTheirOwnTextFirst()
    {
        JsonElement answer = await service.GetAsync("/v1/search?q=a+bicycle&top=24");
        Assert.Equal("text:3", answer.Ids()[0]);
        Assert.Equal(1, answer.Scores()[0], 1e-3);
        Assert.Equal(answer.Scores().OrderDescending(), answer.Scores());
        JsonElement best = answer.GetProperty("hits")[0];
        Assert.Equal(("text", "a bicycle", 2003), (best.Text("kind"), best.Text("text"),
            best.GetProperty("attributes").GetProperty("year").GetInt32()));
        Assert.Equal(JsonValueKind.Null, best.GetProperty("picture").ValueKind);
    }

    [Fact]
    public async Task MoreLikeAnItemLeavesItOut()
    {
        string[] found = (await service.GetAsync("/v1/search?like=image:3&top=24")).Ids();
        Assert.Equal(23, found.Length);
        Assert.DoesNotContain("image:3", found);
    }

    [Fact]
    public async Task SeveralPartsAreTheirMean()
    {
        JsonElement several = await service.GetAsync("/v1/search?q=a+cat&q=the+sun&like=text:3&top=24");
        await AssertIsSearchForAsync(several, MixedQuery.Mean(Row(Samples.RowOfWords("a cat")),
            Row(Samples.RowOfWords("the sun")), await KeptAsync("text:3")),
            "text:3");
    }

    [Fact]
    public async Task WordsWithAPictureAreTheirMean()
    {
        JsonElement both = await service.PostAsync("/v1/search", Forms.With(Samples.Picture(40), ("q", "a cat"), ("top", "24")));
        await AssertIsSearchForAsync(both, MixedQuery.Mean(Row(Samples.RowOfWords("a cat")), Row(Samples.RowOfPicture(40))));
    }

    [Fact]
    public async Task WithoutTakesDirectionsOut()
    {
        JsonElement answer = await service.GetAsync("/v1/search?q=a+cat&without=the+sun&without_like=text:3&top=24");
        Tensor away = Tensor.From([.. Samples.RowOfWords("the sun"), .. (await KeptAsync("text:3")).Span], 2, service.Index.Width);
        await AssertIsSearchForAsync(answer, MixedQuery.Without(Row(Samples.RowOfWords("a cat")), away));
    }

    [Theory]
    [InlineData("images", "image")]
    [InlineData("texts", "text")]
    public async Task FindKeepsToAKind(string find, string kind)
    {
        JsonElement hits = (await service.GetAsync($"/v1/search?q=a+cat&find={find}&top=24")).GetProperty("hits");
        Assert.Equal(12, hits.GetArrayLength());
        Assert.All(hits.EnumerateArray(), hit => Assert.Equal(kind, hit.Text("kind")));
    }

    [Fact]
    public async Task PagesAreTheOneLongList()
    {
        string[] all = (await service.GetAsync("/v1/search?q=a+cat&top=100")).Ids();
        Assert.Equal(24, all.Length);
        var paged = new List<string>();
        bool more = true;
        for (int offset = 0; more; offset += 7)
        {
            JsonElement page = await service.GetAsync($"/v1/search?q=a+cat&top=7&offset={offset}");
            Assert.Equal(offset, page.GetProperty("offset").GetInt32());
            paged.AddRange(page.Ids());
            more = page.GetProperty("more").GetBoolean();
            Assert.Equal(more, paged.Count < all.Length);
        }

        Assert.Equal(all, paged);
        Assert.False((await service.GetAsync("/v1/search?q=a+cat&top=12&offset=12")).GetProperty("more").GetBoolean());
        Assert.Empty((await service.GetAsync("/v1/search?q=a+cat&top=1000&offset=9000")).Ids());
    }

    [Fact]
    public async Task FiltersLookAtAttributes()
    {
        string filter = Uri.EscapeDataString("""{"all":[{"attribute":"colour","equals":"red"},{"attribute":"year","gte":2006}]}""");
        string[] found = (await service.GetAsync($"/v1/search?q=a+cat&top=24&filter={filter}")).Ids();
        Assert.Equal(["image:6", "image:9", "text:6", "text:9"], found.Order(StringComparer.Ordinal));
        object same = new { q = "a cat", top = 24, filter = new { attribute = "colour", @in = (string[])["red", "blue"] } };
        Assert.Equal(16, (await service.PostAsync("/v1/search", same)).Ids().Length);
    }

    [Fact]
    public async Task MinScoreCutsTheList()
    {
        double[] all = (await service.GetAsync("/v1/search?q=a+cat&top=24")).Scores();
        double between = (all[4] + all[5]) / 2;
        string address = FormattableString.Invariant($"/v1/search?q=a+cat&top=24&min_score={between:R}");
        Assert.Equal(5, (await service.GetAsync(address)).Ids().Length);
        Assert.Equal(5, (await service.PostAsync("/v1/search", new { q = "a cat", top = 24, min_score = between })).Ids().Length);
    }

    [Theory]
    [InlineData("both")]
    [InlineData("images")]
    [InlineData("texts")]
    public async Task AutoIsThatOfTheMixedIndex(string find)
    {
        IReadOnlyList<SearchItem> items = await KeptAsync();
        SearchItem[] images = [.. items.Where(item => item.Kind == RowKind.Image)];
        SearchItem[] texts = [.. items.Where(item => item.Kind == RowKind.Text)];
        var plain = new MixedIndex(Rows(images), Rows(texts));
        foreach (string words in (string[])["a cat", "a red heart", "an umbrella"])
        {
            var options = new MixedSearchOptions
            {
                Top = 24,
                MinScore = ScoreCutoff.Auto,
                Find = find switch { "images" => RowKind.Image, "texts" => RowKind.Text, _ => null },
            };
            string[] expected =
            [
                .. plain.Search(Row(Samples.RowOfWords(words)), options, TestContext.Current.CancellationToken)[0].Matches
                    .Select(match => (match.Row.Kind == RowKind.Image ? images : texts)[match.Row.Row].Id),
            ];
            Assert.Equal(expected,
                (await service.GetAsync($"/v1/search?q={Uri.EscapeDataString(words)}&min_score=auto&top=24&find={find}")).Ids());
        }
    }

    [Fact]
    public async Task ExactSaysThatItIs()
    {
        JsonElement answer = await service.GetAsync("/v1/search?q=a+cat&exact=true");
        Assert.True(answer.GetProperty("exact").GetBoolean());
        Assert.False(answer.GetProperty("partial").GetBoolean());
        Assert.True(answer.GetProperty("milliseconds").GetDouble() >= 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task AnUploadedPictureFindsItselfFirst(int number)
    {
        byte[] picture = Samples.Picture(number);
        JsonElement[] answers =
        [
            await service.PostAsync("/v1/search", Forms.With(picture, ("find", "images"))),
            await service.PostAsync("/v1/search", new { image = Convert.ToBase64String(picture), find = "images" }),
            await service.PostAsync("/v1/search", new { image = (string[])[Convert.ToBase64String(picture)], find = "images" }),
        ];
        foreach (JsonElement answer in answers)
        {
            Assert.Equal($"image:{number}", answer.Ids()[0]);
            Assert.Equal(1, answer.Scores()[0], 1e-3);
            Assert.Equal($"/v1/items/image%3A{number}/picture", answer.GetProperty("hits")[0].Text("picture"));
        }
    }

    private static Tensor Row(float[] values) => Tensor.From(values, 1, values.Length);

    private static Tensor Rows(SearchItem[] items) =>
        Tensor.From([.. items.SelectMany(item => item.Vector.ToArray())], items.Length, items[0].Vector.Length);

    private async Task<IReadOnlyList<SearchItem>> KeptAsync() =>
        (await service.Index.ListAsync(null, 100, TestContext.Current.CancellationToken)).Items;

    private async Task<Tensor> KeptAsync(string id) => Row((await KeptAsync()).Single(item => item.Id == id).Vector.ToArray());

    // Every item's score is its cosine with the query.
    private async Task AssertIsSearchForAsync(JsonElement answer, Tensor query, params string[] except)
    {
        var scores = answer.Ids().Zip(answer.Scores()).ToDictionary(each => each.First, each => each.Second, StringComparer.Ordinal);
        var items = (await KeptAsync()).Where(item => !except.Contains(item.Id)).ToArray();
        Assert.Equal(items.Length, scores.Count);
        foreach (SearchItem item in items)
        {
            double expected = 0;
            for (int d = 0; d < query.Width; d++) expected += (double)query.Span[d] * item.Vector.Span[d];
            Assert.Equal(expected, scores[item.Id], 2e-3);
        }
    }
}
