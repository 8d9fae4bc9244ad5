namespace CsAligner.Objectives;

/// <summary>Rows that need not fit into memory: they are read in ranges, as often as needed.</summary>
public interface IRowSource
{
    /// <summary>How many rows there are.</summary>
    int Rows { get; }

    /// <summary>Values in a row.</summary>
    int Width { get; }

    /// <summary>Reads rows from <paramref name="first"/> on, as many as <paramref name="rows"/> holds. The same rows every time.</summary>
    /// <param name="first">0 or more.</param>
    /// <param name="rows">Row-major, whole rows, none beyond the last.</param>
    void Read(int first, Span<float> rows);
}
