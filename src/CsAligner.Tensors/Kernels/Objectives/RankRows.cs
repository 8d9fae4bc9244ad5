using CsAligner.Tensors.Kernels.Scores;

namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>
/// One of the two sets of a data-parallel loss as a rank sees it: its own rows lie here, all of them pass by in order, at once or in
/// windows.
/// </summary>
internal sealed unsafe class RankRows
{
    private readonly Reader? _read;
    private readonly int _window;

    /// <summary>A set of which all rows have been gathered.</summary>
    /// <param name="own">The own rows, pairs first.</param>
    /// <param name="all">All of them.</param>
    /// <param name="shares">Who has which.</param>
    public RankRows(Tensor own, Tensor all, RowShares shares) => (Own, All, Shares) = (own, all, shares);

    /// <summary>A set whose rows pass by.</summary>
    /// <param name="own">The own rows, pairs first.</param>
    /// <param name="shares">Who has which.</param>
    /// <param name="window">Rows in a window, a multiple of <see cref="BlockOf"/>.</param>
    /// <param name="read">Gets rows of all ranks; a collective operation.</param>
    public RankRows(Tensor own, RowShares shares, int window, Reader read) => (Own, Shares, _window, _read) = (own, shares, window, read);

    /// <summary>Reads rows from <paramref name="first"/> on.</summary>
    public delegate void Reader(int first, Span<float> rows);

    /// <summary>Sees the rows from <paramref name="first"/> on; they are there until it returns.</summary>
    public delegate void Visitor(float* rows, int first, int count);

    /// <summary>Who has which rows.</summary>
    public RowShares Shares { get; }

    public int Width => Own.Width;

    /// <summary>Whether all rows lie here, and pass by in one window.</summary>
    public bool IsHere => All != null;

    /// <summary>All rows; null where they pass by.</summary>
    public Tensor? All { get; }

    /// <summary>The own rows, one after the other.</summary>
    public Tensor Own { get; }

    /// <summary>Of so many rows a window must be a multiple, for the same bits as without windows.</summary>
    public static int BlockOf(int width) => ScoreSweep.BlockColumnsFor(width);

    /// <summary>Lets the rows below <paramref name="count"/> pass, in their order. A collective operation.</summary>
    public void ForEachWindow(int count, Visitor visit)
    {
        if (All != null)
        {
            visit(All.Pointer, 0, count);
            GC.KeepAlive(All);
            return;
        }

        using var scratch = new Threading.Scratch();
        float* rows = scratch.Floats((long)Math.Min(_window, count) * Width);
        for (int first = 0; first < count; first += _window)
        {
            int length = Math.Min(_window, count - first);
            _read!(first, new Span<float>(rows, checked(length * Width)));
            visit(rows, first, length);
        }
    }
}
