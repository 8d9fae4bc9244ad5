namespace CsAligner.Ranks;

/// <summary>How ranks get each other's features in a step. Both give the same bits.</summary>
public enum RowExchange
{
    /// <summary>Every rank gathers all features of the step: 2 B D floats received, and as much memory.</summary>
    Gather,

    /// <summary>
    /// Features pass by in windows, twice: once for the statistics, once for the gradients. Twice the traffic, and the memory of a window
    /// instead of that of all rows.
    /// </summary>
    Ring,
}
