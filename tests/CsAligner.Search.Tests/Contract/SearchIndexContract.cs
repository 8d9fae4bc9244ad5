using System.Globalization;
using CsAligner.Retrieval;
using CsAligner.Search.Filters;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Tensors;

namespace CsAligner.Search.Tests.Contract;

/// <summary>What every store does, and does alike.</summary>
public abstract class SearchIndexContract
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Exact_search_is_comparing_with_every_item()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(600);
        await index.AddAsync(items, Stop);
        foreach (float[] vector in Samples.Queries(12))
        {
            foreach (RowKind? find in (RowKind?[])[null, RowKind.Image, RowKind.Text])
            {
                var query = new SearchQuery { Vector = vector, Find = find, Top = 25, Exact = true };
                SearchItem[] best = Samples.Best(items, query);
                SearchAnswer answer = await index.SearchAsync(query, Stop);
                Assert.True(answer.Exact);
                Assert.False(answer.Partial);
                Assert.Equal(best.Select(item => item.Id), answer.Hits.Select(hit => hit.Item.Id));
                foreach (var (item, hit) in best.Zip(answer.Hits))
                {
                    Samples.Same(item, hit.Item);
                    Assert.Equal(Samples.Cosine(vector, item.Vector), hit.Score, 1e-6);
                }
            }
        }
    }

    [Fact]
    public async Task Equal_scores_go_to_the_lower_id()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        float[] vector = Samples.Queries(1)[0];

        // More of them than are asked for; U+FFFD is below U+1F600 in UTF-8 and above it in UTF-16.
        string[] ids = [.. Enumerable.Range(0, 60).Select(i => $"same {i * 37 % 60}"), "\uFFFD", "😀", "Ä", "a", "A"];
        await index.AddAsync([.. ids.Select(id => new SearchItem { Id = id, Kind = RowKind.Image, Vector = vector })], Stop);
        string[] ordered = [.. ids.Order(Comparer<string>.Create(Samples.CompareBytes))];
        foreach (int top in (int[])[1, 20, 100])
        {
            SearchAnswer answer = await index.SearchAsync(new SearchQuery { Vector = vector, Top = top, Exact = true }, Stop);
            Assert.Equal(ordered.Take(top), answer.Hits.Select(hit => hit.Item.Id));
            Assert.All(answer.Hits, hit => Assert.Equal(answer.Hits[0].Score, hit.Score));
        }

        ItemPage page = await index.ListAsync(limit: 200, cancellation: Stop);
        Assert.Equal(ordered, page.Items.Select(item => item.Id));
    }

    [Fact]
    public async Task Approximate_search_finds_98_in_100_of_the_best_ten()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(1500);
        await index.AddAsync(items, Stop);
        await SettleAsync(index);
        var year = ItemFilter.Between("year", 2003, 2019);
        foreach (RowKind? find in (RowKind?[])[null, RowKind.Text])
        {
            foreach (ItemFilter? filter in (ItemFilter?[])[null, year, ItemFilter.All(year, ItemFilter.EqualTo("colour", "red"))])
            {
                int found = 0, all = 0;
                foreach (float[] vector in Samples.Queries(40, seed: 3))
                {
                    var query = new SearchQuery { Vector = vector, Find = find, Filter = filter };
                    string[] best = [.. Samples.Best(items, query, item => filter?.Matches(item.Attributes) != false)
                        .Select(item => item.Id)];
                    SearchAnswer answer = await index.SearchAsync(query, Stop);
                    Assert.Equal(best.Length, answer.Hits.Count);
                    Assert.Equal(answer.Hits.OrderByDescending(hit => hit.Score).Select(hit => hit.Score),
                        answer.Hits.Select(hit => hit.Score));
                    found += best.Intersect(answer.Hits.Select(hit => hit.Item.Id)).Count();
                    all += best.Length;
                }

                Assert.True(found >= 0.98 * all, $"{found} of {all} with kind {find}, filter {filter}");
            }
        }
    }

    [Fact]
    public async Task Filters_find_what_they_say()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(240);
        await index.AddAsync(items, Stop);
        await SettleAsync(index);
        float[] vector = Samples.Queries(1)[0];
        foreach (var (json, wanted) in Filters())
        {
            ItemFilter filter = FilterJson.Parse(json);
            string[] expected = [.. items.Where(item => wanted(Text(item, "colour"), Text(item, "year"), Number(item, "year")))
                .Select(item => item.Id).Order(StringComparer.Ordinal)];
            foreach (bool exact in (bool[])[true, false])
            {
                SearchAnswer answer = await index.SearchAsync(
                    new SearchQuery { Vector = vector, Top = 1000, Filter = filter, Exact = exact }, Stop);
                Assert.True(expected.SequenceEqual(answer.Hits.Select(hit => hit.Item.Id).Order(StringComparer.Ordinal)),
                    $"{json}, exact {exact}: expected {expected.Length}, got {answer.Hits.Count}");
            }
        }
    }

    [Fact]
    public async Task Hits_keep_to_a_lowest_score_and_leave_out_ids()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(300);
        await index.AddAsync(items, Stop);
        await SettleAsync(index);
        var all = new SearchQuery { Vector = items[5].Vector, Top = 300, Exact = true };
        SearchAnswer answer = await index.SearchAsync(all, Stop);
        Assert.Equal(items[5].Id, answer.Hits[0].Item.Id);
        Assert.Equal(1, answer.Hits[0].Score, 1e-4);
        double least = answer.Hits[20].Score;
        SearchAnswer cut = await index.SearchAsync(all with { MinScore = least }, Stop);
        Assert.Equal(21, cut.Hits.Count);
        string[] except = [.. answer.Hits.Take(3).Select(hit => hit.Item.Id), "no such item"];
        foreach (bool exact in (bool[])[true, false])
        {
            SearchAnswer without = await index.SearchAsync(all with { Except = except, Top = 4, Exact = exact }, Stop);
            Assert.Equal(answer.Hits.Skip(3).Take(4).Select(hit => hit.Item.Id), without.Hits.Select(hit => hit.Item.Id));
        }

        Assert.Empty((await index.SearchAsync(all with { MinScore = 1, Except = except }, Stop)).Hits);
    }

    [Fact]
    public async Task An_item_is_replaced_as_a_whole()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(50);
        await index.AddAsync(items, Stop);
        var changed = new SearchItem
        {
            Id = items[0].Id,
            Kind = RowKind.Text,
            Vector = Samples.Queries(1, seed: 9)[0],
            Text = "another",
            Attributes = new Dictionary<string, AttributeValue> { ["size"] = 3.25 },
        };
        Assert.NotEqual(changed.Kind, items[0].Kind);
        await index.AddAsync([items[1], changed], Stop);
        await SettleAsync(index);
        Samples.Same(changed, Assert.Single(await index.GetAsync([changed.Id], Stop)));
        Assert.Equal(50, (await index.CountAsync(Stop)).Total);
        Assert.Equal(items.Skip(1).Append(changed).Count(item => item.Kind == RowKind.Text), (await index.CountAsync(Stop)).Texts);
        foreach (bool exact in (bool[])[true, false])
        {
            SearchAnswer near = await index.SearchAsync(new SearchQuery { Vector = changed.Vector, Top = 1, Exact = exact }, Stop);
            Samples.Same(changed, near.Hits[0].Item);
            Assert.Equal(1, near.Hits[0].Score, 1e-4);
            SearchAnswer old = await index.SearchAsync(new SearchQuery { Vector = items[0].Vector, Top = 50, Exact = exact }, Stop);
            Assert.Equal(50, old.Hits.Count);
            Assert.DoesNotContain(old.Hits, hit => hit.Score > 0.999);
            Assert.Empty((await index.SearchAsync(new SearchQuery
            {
                Vector = items[0].Vector,
                Filter = ItemFilter.All(ItemFilter.EqualTo("colour", "red"), ItemFilter.EqualTo("size", 3.25)),
                Exact = exact,
            }, Stop)).Hits);
            Assert.Equal(changed.Id, Assert.Single((await index.SearchAsync(new SearchQuery
            {
                Vector = items[0].Vector,
                Filter = ItemFilter.EqualTo("size", 3.25),
                Exact = exact,
            }, Stop)).Hits).Item.Id);
        }

        // Of several with one id, the last stays.
        await index.AddAsync([items[2], changed, items[0]], Stop);
        Samples.Same(items[0], Assert.Single(await index.GetAsync([changed.Id], Stop)));
    }

    [Fact]
    public async Task A_removed_item_is_gone()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(100);
        await index.AddAsync(items, Stop);
        string[] gone = [.. items.Take(60).Select(item => item.Id)];
        Assert.Equal(60, await index.RemoveAsync([.. gone, "no such item", gone[0]], Stop));
        Assert.Equal(0, await index.RemoveAsync(gone, Stop));
        await SettleAsync(index);
        Assert.Empty(await index.GetAsync(gone, Stop));
        Assert.Equal(new ItemCounts(items.Skip(60).Count(item => item.Kind == RowKind.Image), items.Skip(60)
            .Count(item => item.Kind == RowKind.Text)),
            await index.CountAsync(Stop));
        foreach (bool exact in (bool[])[true, false])
        {
            SearchAnswer answer = await index.SearchAsync(new SearchQuery { Vector = items[0].Vector, Top = 100, Exact = exact }, Stop);
            Assert.Equal(items.Skip(60).Select(item => item.Id).Order(StringComparer.Ordinal),
                answer.Hits.Select(hit => hit.Item.Id).Order(StringComparer.Ordinal));
        }

        await index.AddAsync(items, Stop);
        Samples.Same(items[0], (await index.SearchAsync(new SearchQuery { Vector = items[0].Vector, Exact = true }, Stop)).Hits[0].Item);
        Assert.Equal(100, (await index.CountAsync(Stop)).Total);
    }

    [Fact]
    public async Task Pages_and_snapshots_give_every_item_once_in_the_order_of_ids()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(530);
        await index.AddAsync(items, Stop);
        SearchItem[] ordered = [.. items.OrderBy(item => item.Id, StringComparer.Ordinal)];
        foreach (int limit in (int[])[1000, 530, 100, 53])
        {
            var found = new List<SearchItem>();
            string? after = null;
            do
            {
                ItemPage page = await index.ListAsync(after, limit, Stop);
                Assert.True(page.Items.Count == limit || page.Next is null);
                Assert.False(page.Partial);
                found.AddRange(page.Items);
                after = page.Next;
            }
            while (after is not null);
            Assert.Equal(ordered.Select(item => item.Id), found.Select(item => item.Id));
            Samples.Same(ordered[17], found[17]);
        }

        Assert.Empty((await index.ListAsync("zzz", cancellation: Stop)).Items);
        List<SearchItem> all = await index.SnapshotAsync(Stop).ToListAsync(Stop);
        Assert.Equal(ordered.Length, all.Count);
        foreach (var (item, found) in ordered.Zip(all)) Samples.Same(item, found);
        Assert.Equal([ordered[3].Id, ordered[9].Id], (await index.GetAsync([ordered[9].Id, ordered[3].Id, "none", ordered[3].Id], Stop))
            .Select(item => item.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_an_index_gives_can_be_added_again_without_a_change()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        await index.AddAsync(Samples.Make(40), Stop);
        List<SearchItem> before = await index.SnapshotAsync(Stop).ToListAsync(Stop);
        await index.AddAsync(before, Stop);
        List<SearchItem> after = await index.SnapshotAsync(Stop).ToListAsync(Stop);
        Assert.Equal(before.SelectMany(item => item.Vector.ToArray()), after.SelectMany(item => item.Vector.ToArray()));
    }

    [Fact]
    public async Task Hostile_texts_come_back_as_they_were()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        string[] texts =
        [
            "'; DROP TABLE items; --", "\" OR 1=1 --", "$1", "@p0 :p1 ?", "%s%n{0}", "VADD", "FLUSHALL\r\nDEL x\r\n",
                "*3\r\n$3\r\nSET\r\n", ".k == \"image\"",
            "\") or (.k == \"text\"", "{tag}", "a}b{c", "\\", "\\u0000", "'", "\"", "\u0001\u001f\u007f", "\u2028", "é", "e\u0301",
                "😀👩‍👩‍👧", "\uFEFF", "\uFFFF", " ",
            "\t\r\n", "null", "NaN", "-0", "1e400", "<script>", "../../etc/passwd", "__proto__", "all", "مرحبا", new string('x', 1000),
        ];
        float[][] vectors = Samples.Queries(texts.Length, seed: 5);
        SearchItem[] items = [.. texts.Select((text, i) => new SearchItem
        {
            Id = text,
            Kind = RowKind.Text,
            Vector = vectors[i],
            Name = text,
            Path = text,
            Text = text,
            Attributes = new Dictionary<string, AttributeValue> { [text.Length > 200 ? "long" : text] = text, ["n"] = i * 0.1 },
        })];
        await index.AddAsync(items, Stop);
        await SettleAsync(index);
        Assert.Equal(items.Length, (await index.CountAsync(Stop)).Total);
        foreach (SearchItem item in items)
        {
            Samples.Same(item, Assert.Single(await index.GetAsync([item.Id], Stop)));
            foreach (bool exact in (bool[])[true, false])
            {
                var (name, value) = item.Attributes.First(each => each.Key != "n");
                SearchHit hit = Assert.Single((await index.SearchAsync(
                    new SearchQuery { Vector = vectors[0], Filter = ItemFilter.EqualTo(name, value), Exact = exact }, Stop)).Hits);
                Assert.Equal(item.Id, hit.Item.Id);
                hit = Assert.Single((await index.SearchAsync(
                    new SearchQuery { Vector = vectors[0], Filter = ItemFilter.OneOf("n", item.Attributes["n"], "x"), Exact = exact },
                        Stop)).Hits);
                Assert.Equal(item.Id, hit.Item.Id);
            }

            Assert.All((await index.ListAsync(item.Id, 100, Stop)).Items, next => Assert.True(Samples.CompareBytes(next.Id, item.Id) > 0));
        }

        Assert.Equal(items.Length, await index.RemoveAsync(texts, Stop));
        Assert.Equal(0, (await index.CountAsync(Stop)).Total);
    }

    [Fact]
    public async Task Long_texts_and_extreme_numbers_come_back_as_they_were()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        string text = string.Concat(Enumerable.Range(0, 16_384).Select(i => i % 3 == 0 ? "ä😀" : "x'")).PadRight(1 << 16);
        var item = new SearchItem
        {
            Id = "long",
            Kind = RowKind.Image,
            Vector = Samples.Queries(1)[0],
            Name = text,
            Path = text,
            Text = text,
            Attributes = new Dictionary<string, AttributeValue>
            {
                ["long"] = text,
                ["least"] = double.MinValue,
                ["most"] = double.MaxValue,
                ["tiny"] = double.Epsilon,
                ["third"] = 1.0 / 3,
                ["minus zero"] = -0.0,
                ["empty"] = "",
                ["text of a number"] = "1",
            },
        };
        await index.AddAsync([item], Stop);
        Samples.Same(item, Assert.Single(await index.GetAsync(["long"], Stop)));
        foreach (var (name, value) in item.Attributes)
        {
            foreach (bool exact in (bool[])[true, false])
            {
                Assert.Single((await index.SearchAsync(
                    new SearchQuery { Vector = item.Vector, Filter = ItemFilter.EqualTo(name, value), Exact = exact }, Stop)).Hits);
            }
        }

        Assert.Empty((await index.SearchAsync(new SearchQuery { Vector = item.Vector, Filter = ItemFilter.EqualTo("text of a number", 1) },
            Stop)).Hits);
        Assert.Empty((await index.SearchAsync(new SearchQuery { Vector = item.Vector, Filter = ItemFilter.EqualTo("long", text[..^1]) },
            Stop)).Hits);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_refused_and_nothing_is_added()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem good = Samples.Make(1)[0];
        float[] vector = good.Vector.ToArray();
        SearchItem Of(string id = "bad", float[]? values = null, string? name = null, string? attribute = null, string? text = null) =>
            new()
            {
                Id = id,
                Kind = RowKind.Image,
                Vector = values ?? vector,
                Name = name,
                Text = text,
                Attributes = attribute is null ? [] : new Dictionary<string, AttributeValue> { [attribute] = 1 },
            };
        (SearchItem Item, string Says)[] cases =
        [
            (Of(values: vector[..^1]), "23 values, the index has 24"),
            (Of(values: []), "0 values"),
            (Of(values: [float.NaN, .. vector[1..]]), "not finite"),
            (Of(values: [float.NegativeInfinity, .. vector[1..]]), "not finite"),
            (Of(values: new float[Samples.Width]), "all zeros"),
            (Of(id: ""), "0 bytes"),
            (Of(id: new string('x', 1 << 16)), "65,536 bytes"),
            (Of(id: new string('é', 600)), "1,200 bytes"),
            (Of(id: "a\0b"), "NUL"),
            (Of(id: "\uD83D"), "surrogate"),
            (Of(name: "a\0b"), "NUL"),
            (Of(text: "\uDE00"), "surrogate"),
            (Of(attribute: ""), "0 bytes"),
            (Of(attribute: new string('x', 257)), "257 bytes"),
            (Of(text: new string('x', 1_100_000)), "1,100,000 bytes"),
        ];
        foreach (var (item, says) in cases)
        {
            var refused = await Assert.ThrowsAsync<InputException>(() => index.AddAsync([good, item], Stop));
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }

        Assert.Equal(0, (await index.CountAsync(Stop)).Total);
        foreach (SearchQuery query in (SearchQuery[])
        [
            new() { Vector = vector.AsMemory(1) }, new() { Vector = new float[Samples.Width] }, new() { Vector = vector, Top = 0 },
                new() { Vector = vector, Top = 10_001 },
            new() { Vector = vector, MinScore = 2 }, new() { Vector = vector, MinScore = double.NaN },
                new() { Vector = vector, Except = ["a\0"] },
        ])
            await Assert.ThrowsAsync<InputException>(() => index.SearchAsync(query, Stop));
        await Assert.ThrowsAsync<InputException>(() => index.ListAsync(limit: 0, cancellation: Stop));
        await Assert.ThrowsAsync<InputException>(() => index.RemoveAsync(["\uD83D"], Stop));
    }

    [Fact]
    public async Task An_empty_index_answers()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        Assert.Equal(Samples.Width, index.Width);
        foreach (bool exact in (bool[])[true, false])
            Assert.Equal(([], false), await index.SearchAsync(new SearchQuery { Vector = Samples.Queries(1)[0], Exact = exact },
                Stop) is var answer
                ? (answer.Hits.ToArray(), answer.Partial) : default);
        Assert.Equal(new ItemCounts(0, 0), await index.CountAsync(Stop));
        ItemPage page = await index.ListAsync(cancellation: Stop);
        Assert.Empty(page.Items);
        Assert.Null(page.Next);
        Assert.Empty(await index.GetAsync(["a"], Stop));
        Assert.Equal(0, await index.RemoveAsync(["a"], Stop));
        Assert.Empty(await index.SnapshotAsync(Stop).ToListAsync(Stop));
        await index.AddAsync([], Stop);
        Assert.Equal(0, await index.RemoveAsync([], Stop));
    }

    [Fact]
    public async Task Readers_see_whole_items_while_they_are_written()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] stay = Samples.Make(60, prefix: "stay-");
        float[][] vectors = Samples.Queries(2, seed: 8);
        SearchItem Version(int i) => new()
        {
            Id = "changing",
            Kind = i % 2 == 0 ? RowKind.Image : RowKind.Text,
            Vector = vectors[i % 2],
            Name = i % 2 == 0 ? "even" : "odd",
            Attributes = new Dictionary<string, AttributeValue> { ["version"] = i },
        };
        await index.AddAsync([.. stay, Version(0)], Stop);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            do
            {
                SearchAnswer answer = await index.SearchAsync(
                    new SearchQuery { Vector = vectors[reader % 2], Top = 100, Exact = reader == 0 }, Stop);
                Assert.Equal(60, answer.Hits.Count(hit => hit.Item.Id.StartsWith("stay-", StringComparison.Ordinal)));
                SearchHit hit = Assert.Single(answer.Hits, hit => hit.Item.Id == "changing");
                int version = (int)hit.Item.Attributes["version"].Number;
                Samples.Same(Version(version), hit.Item);
                Assert.Equal(Samples.Cosine(vectors[reader % 2], vectors[version % 2]), hit.Score, 1e-5);
            }
            while (!done.IsCancellationRequested);
        }, Stop))];
        for (int i = 1; i <= Rewrites; i++)
        {
            await index.AddAsync([Version(i), Samples.Make(1, prefix: "more-")[0]], Stop);
            if (i % 5 == 0) await index.RemoveAsync([Samples.Make(1, prefix: "more-")[0].Id], Stop);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
        Samples.Same(Version(Rewrites), Assert.Single(await index.GetAsync(["changing"], Stop)));
    }

    [Fact]
    public async Task An_index_that_is_opened_again_is_the_same()
    {
        ISearchIndex index = await NewAsync(Samples.Width);
        SearchItem[] items = Samples.Make(200);
        try
        {
            await index.AddAsync(items, Stop);
            await index.RemoveAsync([.. items.Take(10).Select(item => item.Id)], Stop);
            index = await ReopenAsync(index);
            Assert.Equal(Samples.Width, index.Width);
            Assert.Equal(190, (await index.CountAsync(Stop)).Total);
            await index.AddAsync([.. items.Take(5)], Stop);
            index = await ReopenAsync(index);
            await SettleAsync(index);
            SearchItem[] left = [.. items.Take(5), .. items.Skip(10)];
            foreach (bool exact in (bool[])[true, false])
            {
                var query = new SearchQuery { Vector = Samples.Queries(1)[0], Exact = exact };
                Assert.Equal(Samples.Best(left, query).Select(item => item.Id), (await index.SearchAsync(query, Stop))
                    .Hits.Select(hit => hit.Item.Id));
            }
        }
        finally
        {
            await index.DisposeAsync();
        }
    }

    [Fact]
    public async Task Another_width_than_the_index_has_is_refused()
    {
        ISearchIndex index = await NewAsync(Samples.Width);
        await index.AddAsync(Samples.Make(3), Stop);
        var refused = await Assert.ThrowsAnyAsync<InputException>(async () => await (await ReopenAsync(index, Samples.Width + 1))
            .DisposeAsync());
        Assert.Contains(Samples.Width.ToString(CultureInfo.InvariantCulture), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopped_call_throws_and_does_no_harm()
    {
        await using ISearchIndex index = await NewAsync(Samples.Width);
        await index.AddAsync(Samples.Make(10), Stop);
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.SearchAsync(new SearchQuery { Vector = Samples.Queries(1)[0] },
            stopped.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.AddAsync(Samples.Make(5, prefix: "other-"), stopped.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => index.RemoveAsync([Samples.Make(1)[0].Id], stopped.Token));
        Assert.Equal(10, (await index.CountAsync(Stop)).Total);
    }

    /// <summary>How often an item is written anew while others read it.</summary>
    protected virtual int Rewrites => 40;

    /// <summary>A new, empty index that searches approximately wherever the store can.</summary>
    protected abstract Task<ISearchIndex> NewAsync(int width);

    /// <summary>Closes an index and opens what it has kept.</summary>
    protected abstract Task<ISearchIndex> ReopenAsync(ISearchIndex index, int? width = null);

    /// <summary>Waits until the store searches as it does in the long run.</summary>
    protected virtual Task SettleAsync(ISearchIndex index) => Task.CompletedTask;

    private static IEnumerable<(string Json, Func<string?, string?, double?, bool> Wanted)> Filters() =>
    [
        ("""{"attribute": "colour", "equals": "red"}""", (colour, _, _) => colour == "red"),
        ("""{"attribute": "colour", "in": ["red", "blue", 2001]}""", (colour, _, _) => colour is "red" or "blue"),
        ("""{"attribute": "year", "equals": 2004}""", (_, _, year) => year == 2004),
        ("""{"attribute": "year", "in": [2004, "unknown"]}""", (_, word, year) => year == 2004 || word == "unknown"),
        ("""{"attribute": "year", "equals": "2004"}""", (_, _, _) => false),
        ("""{"attribute": "year", "gte": 2005, "lt": 2010}""", (_, _, year) => year is >= 2005 and < 2010),
        ("""{"attribute": "year", "gt": 2005, "lte": 2010}""", (_, _, year) => year is > 2005 and <= 2010),
        ("""{"attribute": "year", "gte": -1e300}""", (_, _, year) => year is not null),
        ("""{"attribute": "colour", "lt": 5}""", (_, _, _) => false),
        ("""{"not": {"attribute": "colour", "equals": "red"}}""", (colour, _, _) => colour != "red"),
        ("""{"not": {"attribute": "year", "gte": 2010}}""", (_, _, year) => !(year >= 2010)),
        ("""{"any": [{"attribute": "colour", "equals": "red"}, {"attribute": "year", "equals": 2002}]}""",
            (colour, _, year) => colour == "red" || year == 2002),
        ("""{"all": [{"attribute": "colour", "equals": "red"}, {"not": {"attribute": "year", "lt": 2012}}]}""",
            (colour, _, year) => colour == "red" && !(year < 2012)),
        ("""{"not": {"any": [{"attribute": "colour", "in": ["red"]}, {"not": {"attribute": "year", "gt": 0}}]}}""",
            (colour, _, year) => colour != "red" && year > 0),
        ("""{"all": []}""", (_, _, _) => true),
        ("""{"any": []}""", (_, _, _) => false),
        ("""{"attribute": "no such attribute", "equals": 1}""", (_, _, _) => false),
        ("""{"not": {"attribute": "no such attribute", "equals": 1}}""", (_, _, _) => true),
    ];

    private static string? Text(SearchItem item, string name) => item.Attributes.TryGetValue(name, out AttributeValue value) ? value.Text
        : null;

    private static double? Number(SearchItem item, string name) =>
        item.Attributes.TryGetValue(name, out AttributeValue value) && !value.IsText ? value.Number : null;
}
