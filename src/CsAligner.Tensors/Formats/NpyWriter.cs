namespace CsAligner.Tensors.Formats;

/// <summary>
/// Writes a .npy matrix row by row, so that it need not be in memory as a whole. The file appears under its name
/// with <see cref="Commit"/>, complete and on the disk; disposed before that, nothing is left.
/// </summary>
public sealed class NpyWriter : IDisposable
{
    private readonly AtomicFile _file;
    private readonly ElementType _type;
    private readonly long _total;
    private readonly int _width;
    private long _written;

    private NpyWriter(AtomicFile file, ElementType type, long rows, int width) =>
        (_file, _type, _total, _width) = (file, type, rows * width, width);

    /// <summary>Begins a file of [<paramref name="rows"/>, <paramref name="width"/>].</summary>
    /// <param name="path">The file; an existing one stays until the commit.</param>
    /// <param name="type">Float16, Float32 or Float64.</param>
    /// <param name="rows">At least 0.</param>
    /// <param name="width">At least 1.</param>
    public static NpyWriter Create(string path, ElementType type, long rows, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        byte[] header = NpyHeader.Write(type, [rows, width]);
        AtomicFile file = AtomicFile.Create(path);
        try
        {
            file.Stream.Write(header);
            return new NpyWriter(file, type, rows, width);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Appends whole rows.</summary>
    public void WriteRows(ReadOnlySpan<float> rows)
    {
        if (rows.Length % _width != 0 || rows.Length > _total - _written)
            throw new ArgumentException($"{rows.Length} values were given; rows are {_width} long and {(_total - _written) / _width} are left", nameof(rows));
        ValueWriting.Write(_file.Stream, rows, _type);
        _written += rows.Length;
    }

    /// <summary>Puts the complete file in its place.</summary>
    public void Commit()
    {
        if (_written != _total)
            throw new InvalidOperationException($"{_written / _width} of {_total / _width} rows were written");
        _file.Commit();
    }

    /// <summary>Removes what was written unless it was committed.</summary>
    public void Dispose() => _file.Dispose();
}
