namespace CsAligner.Tensors.Kernels.Objectives;

/// <summary>One of the two sets of a data-parallel loss as a rank sees it: its own rows lie here, all of them pass by in order.</summary>
/// <param name="count">All rows.</param>
/// <param name="width">D.</param>
/// <param name="first">The first own row.</param>
/// <param name="own">How many rows are this rank's; they follow each other.</param>
internal abstract unsafe class RankRows(int count, int width, int first, int own)
{
    /// <summary>Sees the rows from <paramref name="first"/> on; they are there until it returns.</summary>
    public delegate void Visitor(float* rows, int first, int count);

    /// <summary>All rows.</summary>
    public int Count => count;

    public int Width => width;

    /// <summary>The first own row.</summary>
    public int First => first;

    /// <summary>How many rows are this rank's.</summary>
    public int OwnCount => own;

    /// <summary>Whether all rows lie here, and pass by in one window.</summary>
    public abstract bool IsHere { get; }

    /// <summary>The own rows, [OwnCount, D].</summary>
    public abstract float* Own { get; }

    /// <summary>
    /// Lets all rows pass, in their order, in windows of a multiple of <paramref name="multiple"/> rows but for the last. A collective
    /// operation.
    /// </summary>
    public abstract void ForEachWindow(int multiple, Visitor visit);
}
