namespace CsAligner.Tensors.Formats;

/// <summary>
/// Writes a .npy matrix row by row, so that it need not be in memory as a whole nor its length be known. The file
/// appears under its name with <see cref="Commit"/>, complete and on the disk; disposed before, nothing is left.
/// </summary>
public sealed class NpyWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly ElementType _type;
    private readonly string _path;

    private NpyWriter(AtomicFile file, string path, ElementType type, int width) =>
        (_file, _path, _type, Width) = (file, path, type, width);

    /// <summary>Values in a row.</summary>
    public int Width { get; }

    /// <summary>Rows written so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Begins a file of rows of <paramref name="width"/> values.</summary>
    /// <param name="path">The file; an existing one stays until the commit.</param>
    /// <param name="type">Float16, Float32 or Float64.</param>
    /// <param name="width">At least 1.</param>
    public static NpyWriter Create(string path, ElementType type, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        byte[] header = NpyHeader.Write(type, [0, width]);
        AtomicFile file = AtomicFile.Create(path);
        try
        {
            file.Stream.Write(header);
            return new NpyWriter(file, path, type, width);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends whole rows.</summary>
    /// <exception cref="InputException">A finite value is beyond the range of the type; file and row are named.</exception>
    public void WriteRows(ReadOnlySpan<float> rows)
    {
        if (rows.Length % Width != 0)
            throw new ArgumentException($"{rows.Length} values are not a whole number of rows of {Width}", nameof(rows));
        ValueWriting.RequireRange(rows, _type, $"'{_path}'", Width, Rows);
        ValueWriting.Write(_file.Stream, rows, _type);
        Rows += rows.Length / Width;
    }

    /// <summary>Puts the complete file in its place.</summary>
    public void Commit()
    {
        // The header of a matrix is 128 bytes whatever its size, so the row count can be filled in at the end.
        _file.Stream.Position = 0;
        _file.Stream.Write(NpyHeader.Write(_type, [Rows, Width]));
        _file.Commit();
    }

    /// <summary>Removes the written files unless they were committed.</summary>
    public void Dispose() => _file.Dispose();
}
