using CsAligner.Evaluation;
using CsAligner.Ranks;

namespace CsAligner.Training;

/// <summary>Which rows of a set a rank holds, where ranks share it.</summary>
public sealed class HeldRows
{
    private readonly int[] _numbers;

    /// <summary>Some rows of a set.</summary>
    /// <param name="count">All rows of the set.</param>
    /// <param name="numbers">Those that this rank holds, ascending.</param>
    /// <param name="source">What must be the same on all ranks, such as a hash of some rows: it finds ranks with other files.</param>
    public HeldRows(int count, IReadOnlyList<int> numbers, string source = "")
    {
        ArgumentNullException.ThrowIfNull(numbers);
        (Count, _numbers, Source) = (count, [.. numbers], source);
    }

    /// <summary>All rows of the set.</summary>
    public int Count { get; }

    /// <summary>Those that this rank holds, ascending.</summary>
    public IReadOnlyList<int> Numbers => _numbers;

    /// <summary>What must be the same on all ranks.</summary>
    public string Source { get; }

    /// <summary>The rows of a set that a rank is to hold: a range of it.</summary>
    /// <param name="rows">All rows.</param>
    /// <param name="ranks">The ranks.</param>
    public static int[] NumbersOf(int rows, ICommunicator ranks)
    {
        ArgumentNullException.ThrowIfNull(ranks);
        var range = RowRange.Of(rows, ranks.Rank, ranks.Size);
        return [.. Enumerable.Range(range.First, range.Count)];
    }

    /// <summary>The texts that a rank is to hold: those of its images.</summary>
    /// <param name="pairing">Which text belongs to which image.</param>
    /// <param name="ranks">The ranks.</param>
    public static int[] TextNumbersOf(Pairing pairing, ICommunicator ranks)
    {
        ArgumentNullException.ThrowIfNull(pairing);
        ArgumentNullException.ThrowIfNull(ranks);
        return
        [
            .. Enumerable.Range(0, pairing.Texts)
                .Where(text => RowRange.OwnerOf(pairing.ImageOfText[text], pairing.Images, ranks.Size) == ranks.Rank),
        ];
    }

    /// <summary>Where a row lies among those that are held.</summary>
    internal int PlaceOf(int row) => Array.BinarySearch(_numbers, row) is >= 0 and int place
        ? place
        : throw new InvalidOperationException($"Row {row} of {Count} belongs to another rank.");
}
