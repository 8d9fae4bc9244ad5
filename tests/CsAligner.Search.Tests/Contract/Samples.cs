using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Search.Queries;
using CsAligner.Tensors;

namespace CsAligner.Search.Tests.Contract;

/// <summary>Items, queries, and the plainest way to answer them.</summary>
internal static class Samples
{
    public const int Width = 24;

    private static readonly string[] Colours = ["red", "green", "blue"];

    /// <summary>Items in clusters, every third a text; every 40th has the vector of the one before it.</summary>
    public static SearchItem[] Make(int count, ulong seed = 1, string prefix = "item-")
    {
        var random = new RandomGenerator(seed);
        Tensor centres = Tensor.Normal(random, 1, 12, Width), noise = Tensor.Normal(random, 0.7f, count, Width);
        var items = new SearchItem[count];
        for (int i = 0; i < count; i++)
        {
            float[] vector = noise.Span.Slice(i * Width, Width).ToArray();
            for (int d = 0; d < Width; d++) vector[d] += centres.Span[(i % 12 * Width) + d];
            var attributes = new Dictionary<string, AttributeValue>();
            if (i % 4 != 3) attributes["colour"] = Colours[i % 3];
            if (i % 5 != 4) attributes["year"] = 2000 + (i % 25);
            if (i % 7 == 0) attributes["year"] = "unknown";
            items[i] = new SearchItem
            {
                Id = $"{prefix}{i * 7919 % 100_003}",
                Kind = i % 3 == 2 ? RowKind.Text : RowKind.Image,
                Vector = i % 40 == 39 ? items[i - 1].Vector : vector,
                Name = $"name {i}",
                Path = i % 3 == 2 ? null : $"pictures/{i}.png",
                Text = i % 3 == 2 ? $"text number {i}" : null,
                Attributes = attributes,
            };
        }

        return items;
    }

    public static float[][] Queries(int count, ulong seed = 2)
    {
        // Near the clusters of Make: the generator is the same, and begins with the centres.
        Tensor centres = Tensor.Normal(new RandomGenerator(1), 1, 12, Width), noise = Tensor.Normal(new RandomGenerator(seed), 0.6f, count,
            Width);
        return [.. Enumerable.Range(0, count).Select(q => Enumerable.Range(0, Width)
            .Select(d => noise.Span[(q * Width) + d] + centres.Span[(q % 12 * Width) + d]).ToArray())];
    }

    /// <summary>What is kept of a vector: length 1, rounded to float16.</summary>
    public static double[] Kept(ReadOnlyMemory<float> vector)
    {
        double length = Math.Sqrt(vector.ToArray().Sum(value => (double)value * value));
        return [.. vector.ToArray().Select(value => (double)(Half)(value / length))];
    }

    public static double Cosine(float[] query, ReadOnlyMemory<float> vector)
    {
        double[] kept = Kept(vector);
        double length = Math.Sqrt(query.Sum(value => (double)value * value)) * Math.Sqrt(kept.Sum(value => value * value));
        return kept.Zip(query, (a, b) => a * b).Sum() / length;
    }

    /// <summary>Compares with every item; equal scores to the lower id.</summary>
    public static SearchItem[] Best(IEnumerable<SearchItem> items, SearchQuery query, Func<SearchItem, bool>? wanted = null) =>
        [.. items.Where(item => (query.Find is null || item.Kind == query.Find) && !query.Except.Contains(item.Id)
            && wanted?.Invoke(item) != false)
            .Select(item => (item, Score: (float)Cosine(query.Vector.ToArray(), item.Vector)))
            .Where(each => query.MinScore is null || each.Score >= query.MinScore)
            .OrderByDescending(each => each.Score).ThenBy(each => each.item.Id, Comparer<string>.Create(CompareBytes))
            .Take(query.Top).Select(each => each.item)];

    public static int CompareBytes(string? a, string? b) =>
        System.Text.Encoding.UTF8.GetBytes(a!).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(b!));

    /// <summary>Fails unless both are the same item, the vector as it is kept.</summary>
    public static void Same(SearchItem expected, SearchItem? found)
    {
        Assert.NotNull(found);
        Assert.Equal((expected.Id, expected.Kind, expected.Name, expected.Path, expected.Text),
            (found.Id, found.Kind, found.Name, found.Path, found.Text));
        Assert.Equal(expected.Attributes.OrderBy(each => each.Key, StringComparer.Ordinal), found.Attributes.OrderBy(each =>
            each.Key, StringComparer.Ordinal));
        Assert.Equal(Kept(expected.Vector), found.Vector.ToArray().Select(value => (double)value));
    }
}
