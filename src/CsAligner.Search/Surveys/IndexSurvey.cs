using CsAligner.Retrieval;
using CsAligner.Search.Items;
using CsAligner.Tensors;

namespace CsAligner.Search.Surveys;

/// <summary>
/// One look through all items of an index: how many there are, what attributes they have, and a random sample of each kind, by which scores
/// and maps are judged without looking at all of them again.
/// </summary>
public sealed class IndexSurvey
{
    /// <summary>Attributes beyond so many different ones are not counted.</summary>
    public const int MostAttributes = 64;

    /// <summary>Values of an attribute that are kept.</summary>
    public const int MostValues = 50;

    // Different values that are counted: beyond, an attribute is no choice among a few but a name or a text.
    private const int MostCounted = 5_000;

    private IndexSurvey(ItemCounts counts, SearchItem[] images, SearchItem[] texts, AttributeSummary[] attributes) =>
        (Counts, Images, Texts, Attributes) = (counts, images, texts, attributes);

    /// <summary>How many items there are.</summary>
    public ItemCounts Counts { get; }

    /// <summary>A random sample of the pictures, in the order of their ids; all, if they are few.</summary>
    public IReadOnlyList<SearchItem> Images { get; }

    /// <summary>A random sample of the texts, in the order of their ids; all, if they are few.</summary>
    public IReadOnlyList<SearchItem> Texts { get; }

    /// <summary>The attributes, by their names.</summary>
    public IReadOnlyList<AttributeSummary> Attributes { get; }

    /// <summary>Looks through an index.</summary>
    /// <param name="index">Any index.</param>
    /// <param name="sample">How many items of each kind the sample has at most.</param>
    /// <param name="seed">Draws the sample.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="IndexStoreException">A part of the store failed.</exception>
    public static async Task<IndexSurvey> TakeAsync(ISearchIndex index, int sample = 2_000, ulong seed = 0,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentOutOfRangeException.ThrowIfLessThan(sample, 1);
        var random = new RandomGenerator(seed);
        Reservoir images = new(sample, random), texts = new(sample, random);
        var attributes = new SortedDictionary<string, Tally>(StringComparer.Ordinal);
        await foreach (SearchItem item in index.SnapshotAsync(cancellation))
        {
            (item.Kind == RowKind.Image ? images : texts).Offer(item);
            foreach (var (name, value) in item.Attributes)
            {
                if (!attributes.TryGetValue(name, out Tally? tally))
                {
                    if (attributes.Count == MostAttributes) continue;
                    attributes[name] = tally = new Tally();
                }

                tally.Add(value);
            }
        }

        return new IndexSurvey(new ItemCounts(images.Seen, texts.Seen), images.Items(), texts.Items(),
            [.. attributes.Select(each => each.Value.Summary(each.Key))]);
    }

    /// <summary>
    /// The lowest score of a match with items of a kind, as <see cref="ScoreCutoff.Auto"/> decides it, from the query's scores with the
    /// sample.
    /// </summary>
    /// <param name="query">A vector of the index's width, of any length but 0.</param>
    /// <param name="kind">The kind.</param>
    /// <returns>Null if there are fewer than <see cref="ScoreCutoff.FewestRows"/> items of the kind.</returns>
    public double? Cutoff(ReadOnlySpan<float> query, RowKind kind)
    {
        IReadOnlyList<SearchItem> sample = kind == RowKind.Image ? Images : Texts;
        if (sample.Count < ScoreCutoff.FewestRows) return null;
        float[] unit = UnitVector.OfQuery(query), scores = new float[sample.Count];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = System.Numerics.Tensors.TensorPrimitives.Dot(unit, sample[i].Vector.Span);
        return Math.Clamp(ScoreCutoff.Decide(scores, kind == RowKind.Image ? Counts.Images : Counts.Texts), -1, 1);
    }

    /// <summary>A random sample of a stream of unknown length, each item with the same chance.</summary>
    private sealed class Reservoir(int size, RandomGenerator random)
    {
        private readonly List<SearchItem> _items = [];

        public long Seen { get; private set; }

        public void Offer(SearchItem item)
        {
            Seen++;
            if (_items.Count < size)
            {
                _items.Add(item);
                return;
            }

            long place = (long)(random.NextDouble() * Seen);
            if (place < size) _items[(int)place] = item;
        }

        public SearchItem[] Items() => [.. _items.OrderBy(item => item.Id, IdOrder.Instance)];
    }

    private sealed class Tally
    {
        private readonly Dictionary<string, long> _texts = new(StringComparer.Ordinal);
        private long _items;
        private double? _least, _most;

        public void Add(AttributeValue value)
        {
            _items++;
            if (!value.IsText)
            {
                _least = Math.Min(_least ?? value.Number, value.Number);
                _most = Math.Max(_most ?? value.Number, value.Number);
            }
            else if (_texts.TryGetValue(value.Text!, out long count) || _texts.Count < MostCounted)
            {
                _texts[value.Text!] = count + 1;
            }
        }

        public AttributeSummary Summary(string name) => new(name, _items,
            [.. _texts.OrderByDescending(text => text.Value).ThenBy(text => text.Key, StringComparer.Ordinal).Take(MostValues)], _least,
                _most);
    }
}
