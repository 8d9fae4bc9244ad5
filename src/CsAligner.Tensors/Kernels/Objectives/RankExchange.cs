using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>What the ranks of a data-parallel loss tell each other besides their rows. All ranks call the same in the same order.</summary>
internal abstract class RankExchange
{
    /// <summary>The largest value of all ranks.</summary>
    public abstract double Max(double value);

    /// <summary>Sums over all ranks, element by element. Whole numbers: no order of adding changes them.</summary>
    public abstract void Sum(Span<long> values);

    /// <summary>Fills in what the other ranks have found of their rows.</summary>
    /// <param name="values">So many a row, of all rows; those of the own rows are set.</param>
    /// <param name="perRow">How many values a row has.</param>
    /// <param name="shares">Who has which.</param>
    public abstract void GatherRows(Span<double> values, int perRow, RowShares shares);
}
