using CsAligner.Data.Icons;
using CsAligner.Models;
using CsAligner.Studies.Sessions;

namespace CsAligner.Studies.Icons;

/// <summary>The icons of each test: the test sets one by one, and the new names.</summary>
internal sealed class IconTestSets : IDisposable
{
    /// <summary>The icons of a test: enough for a meaningful recall, and the same number for each test so that values compare.</summary>
    public const int MostIcons = 1000;

    // The choice of test icons must not change with the seed of a run.
    private const ulong SelectionSeed = 20260101;

    private readonly IconDataset _test;
    private readonly IconDataset _newNames;

    private IconTestSets(IconDataset test, IconDataset newNames) => (_test, _newNames) = (test, newNames);

    /// <summary>Downloads and renders the icons.</summary>
    public static IconTestSets Open(IStudySession session, int size)
        => new(IconDatasetLoader.Open(session, IconSplit.Test, size), IconDatasetLoader.Open(session, IconSplit.NewNames, size));

    /// <summary>The icons of each test, by its name.</summary>
    public IEnumerable<(string Name, IconDataset Icons, int[] Indices)> Selections
    {
        get
        {
            foreach (string set in _test.Sets.Select(s => s.Set))
                yield return (set, _test, Select(_test, Enumerable.Range(0, _test.Count).Where(i => _test[i].Set == set)));
            yield return ("new names", _newNames, Select(_newNames, Enumerable.Range(0, _newNames.Count)));
        }
    }

    /// <summary>Embeds each test's icons and names.</summary>
    public IEnumerable<IconPairs> Embed(ClipEmbedder embedder, CancellationToken cancellation)
        => Selections.Select(s => IconPairs.Embed(s.Name, s.Icons, s.Indices, embedder, _ => { }, cancellation));

    /// <summary>At most <see cref="MostIcons"/> of the candidates, each with a different name.</summary>
    public static int[] Select(IconDataset icons, IEnumerable<int> candidates) =>
        IconPairs.DistinctNames(icons, candidates, MostIcons, SelectionSeed);

    public void Dispose()
    {
        _test.Dispose();
        _newNames.Dispose();
    }
}
