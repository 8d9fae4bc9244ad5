using System.Globalization;
using CsAligner.Retrieval;
using CsAligner.Search.Embedded;
using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Kills;

/// <summary>
/// Writes to an index in a folder until it is killed, and says each write on its standard output before it begins (<c>begin ID VERSION</c>,
/// version 0 for a removal) and once it is acknowledged (<c>done</c>).
/// </summary>
internal static class IndexWriter
{
    public const int Width = 64, Ids = 300;

    public static int Run(string folder, int round)
    {
        WriteAsync(folder, round).GetAwaiter().GetResult();
        return 0;
    }

    /// <summary>The item of an id in a version: whoever reads it knows what all of it must be.</summary>
    public static SearchItem Item(string id, int version)
    {
        ulong seed = 14_695_981_039_346_656_037;
        foreach (char unit in string.Create(CultureInfo.InvariantCulture, $"{id} {version}")) seed = (seed ^ unit) * 1_099_511_628_211;
        return new SearchItem
        {
            Id = id,
            Kind = version % 2 == 0 ? RowKind.Image : RowKind.Text,
            Vector = Tensor.Normal(new RandomGenerator(seed), 1, 1, Width).Span.ToArray(),
            Name = string.Create(CultureInfo.InvariantCulture, $"{id}, version {version}"),
            Attributes = new Dictionary<string, AttributeValue> { ["version"] = version },
        };
    }

    private static async Task WriteAsync(string folder, int round)
    {
        var random = new Random(round);
        await using EmbeddedIndex index = await EmbeddedIndex.OpenAsync(folder,
            new EmbeddedIndexOptions { Width = Width, ExactUpTo = 100 });
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        for (int version = 1 + (round * 1_000_000); ; version++)
        {
            string[] ids = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => $"item-{random.Next(Ids)}")
                .Distinct(StringComparer.Ordinal)];
            bool removes = random.Next(4) == 0;
            output.WriteLine($"begin {string.Join(',', ids)} {(removes ? 0 : version)}");
            if (removes) await index.RemoveAsync(ids);
            else await index.AddAsync([.. ids.Select(id => Item(id, version))]);
            output.WriteLine("done");
        }
    }
}
