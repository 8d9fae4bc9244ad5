using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Tensors.Formats;

/// <summary>
/// An open safetensors file. The header is checked in full on opening (exact tiling, no
/// duplicate names, sizes that match); tensors are read on demand. All failures are <see cref="InputException"/>
/// that name the file.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly long _dataOffset;
    private readonly Dictionary<string, SafeTensorsHeader.Entry> _entries;

    private SafeTensorsFile(string path, SafeFileHandle handle, SafeTensorsHeader header)
    {
        (Path, _handle, _dataOffset, Metadata) = (path, handle, header.DataOffset, header.Metadata);
        Names = [.. header.Entries.Select(entry => entry.Info.Name)];
        _entries = header.Entries.ToDictionary(entry => entry.Info.Name, StringComparer.Ordinal);
    }

    /// <summary>Opens and checks a file.</summary>
    public static SafeTensorsFile Open(string path)
    {
        SafeFileHandle handle = FileReading.Open(path);
        try
        {
            return new SafeTensorsFile(path, handle, SafeTensorsHeader.Read(handle, path));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>The names of all tensors, in the order of their data.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The strings of <c>__metadata__</c>; empty if there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => _entries.ContainsKey(name);

    /// <summary>Type and shape of a tensor, if there is one of that name.</summary>
    public bool TryGetInfo(string name, [NotNullWhen(true)] out SafeTensorInfo? info)
    {
        info = _entries.TryGetValue(name, out SafeTensorsHeader.Entry? entry) ? entry.Info : null;
        return info is not null;
    }

    /// <summary>Type and shape of a tensor.</summary>
    public SafeTensorInfo Info(string name) => Find(name).Info;

    /// <summary>Reads a tensor of any readable type as float32.</summary>
    public Tensor ReadTensor(string name)
    {
        var tensor = new Tensor(TensorShape(name));
        Read(name, 0, ElementConversion.ToSingle, tensor.Span);
        return tensor;
    }

    /// <summary>Reads the values from <paramref name="firstValue"/> on, to fill the destination, as float32.</summary>
    public void ReadValues(string name, long firstValue, Span<float> destination) =>
        Read(name, firstValue, ElementConversion.ToSingle, destination);

    /// <summary>Reads a tensor of weights as float32; one that is not finite would make every result so.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="InputException">As for <see cref="ReadWeights(string, Span{float})"/>.</exception>
    public Tensor ReadWeights(string name)
    {
        var tensor = new Tensor(TensorShape(name));
        ReadWeights(name, tensor.Span);
        return tensor;
    }

    /// <summary>Reads a whole tensor of weights as float32; one that is not finite would make every result so.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="destination">As many values as the tensor has.</param>
    /// <exception cref="InputException">The tensor cannot be read, or a value of it is NaN or infinite (or beyond float32).</exception>
    public void ReadWeights(string name, Span<float> destination)
    {
        ReadValues(name, 0, destination);
        if (TensorPrimitives.IsFiniteAll<float>(destination)) return;
        int bad = 0;
        while (float.IsFinite(destination[bad])) bad++;
        throw new InputException(
            $"cannot use '{Path}': tensor '{name}' holds {destination[bad]} (value {bad}), every weight must be finite; download the file "
            + "again, or train it again");
    }

    /// <summary>Reads a tensor as float64: exact for every type but int64 beyond 2^53.</summary>
    public double[] ReadDoubles(string name)
    {
        TensorShape(name);
        double[] values = new double[Find(name).Info.Count];
        Read(name, 0, ElementConversion.ToDouble, values.AsSpan());
        return values;
    }

    /// <summary>Reads a tensor of integers or bools.</summary>
    public long[] ReadInt64(string name)
    {
        SafeTensorInfo info = Find(name).Info;
        if (info.ElementType != ElementType.Other && !ElementConversion.IsInteger(info.ElementType))
            throw new InputException($"cannot read tensor '{name}' of '{Path}': expected integers, its type is {info.TypeName}");
        TensorShape(name);
        long[] values = new long[info.Count];
        Read(name, 0, ElementConversion.ToInt64, values.AsSpan());
        return values;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _handle.Dispose();

    private int[] TensorShape(string name) => FileReading.TensorShape([.. Find(name).Info.Shape], $"tensor '{name}' of '{Path}'");

    private SafeTensorsHeader.Entry Find(string name) => _entries.TryGetValue(name, out SafeTensorsHeader.Entry? entry)
        ? entry
        : throw new InputException($"cannot read '{Path}': it has no tensor '{name}' among its {Names.Count}; is it the right file?");

    private void Read<T>(string name, long first, FileReading.Converter<T> convert, Span<T> values)
    {
        SafeTensorsHeader.Entry entry = Find(name);
        if (entry.Info.ElementType == ElementType.Other)
            throw new InputException($"cannot read tensor '{name}' of '{Path}': its type {entry.Info.TypeName} is not supported; save "
                + "it as F16, BF16, F32, F64, BOOL, or integers of 8 to 64 bits");
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + values.Length, entry.Info.Count, nameof(first));
        if (values.IsEmpty)
            return;
        long offset = _dataOffset + entry.Begin + (first * ElementConversion.SizeOf(entry.Info.ElementType));
        FileReading.ReadValues(_handle, Path, offset, entry.Info.ElementType, bigEndian: false, convert, values);
    }
}
