namespace CsAligner.Tensors.Kernels.Scores;

/// <summary>Which rows of a set each rank has.</summary>
internal sealed class RowShares
{
    private readonly RowNumbers[] _ranks;

    /// <summary>Shares in the order of the ranks.</summary>
    /// <param name="paired">Of each rank how many pairs it has.</param>
    /// <param name="unpaired">Of each rank how many other rows it has.</param>
    /// <param name="rank">This rank.</param>
    public RowShares(IReadOnlyList<int> paired, IReadOnlyList<int> unpaired, int rank)
    {
        _ranks = new RowNumbers[paired.Count];
        Pairs = paired.Sum();
        int firstPaired = 0, firstUnpaired = Pairs;
        for (int r = 0; r < _ranks.Length; r++)
        {
            _ranks[r] = new RowNumbers(firstPaired, paired[r], firstUnpaired, unpaired[r]);
            firstPaired += paired[r];
            firstUnpaired += unpaired[r];
        }

        (Count, Rank) = (firstUnpaired, rank);
    }

    private RowShares(RowNumbers[] ranks, int pairs, int rank) => (_ranks, Pairs, Count, Rank) = (ranks, pairs, pairs, rank);

    /// <summary>This rank.</summary>
    public int Rank { get; }

    /// <summary>P, over all ranks.</summary>
    public int Pairs { get; }

    /// <summary>All rows.</summary>
    public int Count { get; }

    /// <summary>Those of each rank.</summary>
    public IReadOnlyList<RowNumbers> Ranks => _ranks;

    /// <summary>This rank's.</summary>
    public RowNumbers Own => _ranks[Rank];

    /// <summary>The pairs alone.</summary>
    public RowShares PairsAlone =>
        Count == Pairs ? this : new RowShares([.. _ranks.Select(numbers => numbers.PairsAlone)], Pairs, Rank);
}
