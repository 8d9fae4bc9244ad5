namespace CsAligner.Fuzz;

/// <summary>One reader that must take any bytes: it reads them, or says in an InputException what is wrong with them.</summary>
internal sealed class FuzzTarget
{
    /// <summary>Short, unique; the corpus knows its inputs by it.</summary>
    public required string Name { get; init; }

    /// <summary>The files that the reader is given, by their names in a folder.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>
    /// Reads the files of a folder and does with the result what a caller would. Anything but a return or an InputException is a
    /// finding, and so are failures of <see cref="Require"/>.
    /// </summary>
    public required Action<string> Run { get; init; }

    /// <summary>Good inputs to begin with; the contents of <see cref="Files"/>, in their order.</summary>
    public required Func<IEnumerable<byte[][]>> Seeds { get; init; }

    /// <summary>Words of the format that its seeds do not have.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The most bytes that it may take from the heap for an input of at most 64 KiB a file.</summary>
    public long MostAllocated { get; init; } = Executor.UsualAllocated;

    /// <summary>Whether a native library reads the files, which may end the process.</summary>
    public bool IsNative { get; init; }

    /// <summary>The most time that an input may take.</summary>
    public TimeSpan MostTime { get; init; } = Executor.UsualTime;

    /// <summary>Whether every message must name a file, or the folder; not where the reader is given no path.</summary>
    public bool NamesFile { get; init; } = true;

    /// <summary>States what must be true of anything that was read.</summary>
    public static void Require(bool condition, string what)
    {
        if (!condition) throw new InvalidOperationException("law broken: " + what);
    }
}
