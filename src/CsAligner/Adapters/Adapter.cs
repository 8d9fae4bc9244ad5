using System.Globalization;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [B, D] rows of a frozen encoder, L2-normalised.

/// <summary>
/// A small trainable map from one encoder's space into the shared one, [B, D] to [B, D]. What it returns is
/// normalised to unit rows by <see cref="Encode"/> and <see cref="Apply"/>; <see cref="Forward"/> alone does not.
/// </summary>
public abstract class Adapter
{
    /// <summary>The format of adapter files; a reader refuses later ones.</summary>
    public const int FormatVersion = 1;

    /// <summary>The name under which files and <c>--adapter</c> know this kind.</summary>
    public abstract string Kind { get; }

    /// <summary>Width of the rows it maps, D.</summary>
    public abstract int Width { get; }

    /// <summary>All tensors by the names they have in files, fixed ones included.</summary>
    public abstract IReadOnlyList<(string Name, Tensor Values)> Tensors { get; }

    /// <summary>The tensors that training changes.</summary>
    public IEnumerable<(string Name, Tensor Values)> Parameters => Tensors.Where(t => t.Values.RequiresGrad);

    /// <summary>The number of values in all tensors.</summary>
    public long ParameterCount => Tensors.Sum(t => (long)t.Values.Length);

    /// <summary>The map itself.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, D].</param>
    /// <returns>[B, D], not normalised.</returns>
    public abstract Tensor Forward(Tape tape, Tensor x);

    /// <summary>The map followed by L2 normalisation of the rows.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[B, D].</param>
    public Tensor Encode(Tape tape, Tensor x)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        return tape.Normalize(Forward(tape, x));
    }

    /// <summary>Maps any number of rows in blocks: memory beyond input and output is that of a block.</summary>
    /// <param name="x">[R, D], unit rows.</param>
    /// <param name="blockRows">Rows of a block.</param>
    /// <returns>[R, D], unit rows.</returns>
    public Tensor Apply(Tensor x, int blockRows = 4096)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockRows, 1);
        if (x.Rank != 2 || x.Width != Width)
            throw new InputException($"apply: the adapter maps rows of width {Width}, got {x}");
        var result = new Tensor(x.Shape);
        for (int start = 0; start < x.Rows; start += blockRows)
        {
            int rows = Math.Min(blockRows, x.Rows - start);
            using var tape = Tape.Inference();
            var block = Tensor.From(x.Span.Slice(start * Width, rows * Width), rows, Width);
            Encode(tape, block).Span.CopyTo(result.Span[(start * Width)..]);
        }

        return result;
    }

    /// <summary>Writes the adapter to a safetensors file, atomically; kind and sizes stand in its metadata.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path)
    {
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "csaligner-adapter");
        writer.SetMetadata("format_version", FormatVersion.ToString(CultureInfo.InvariantCulture));
        writer.SetMetadata("kind", Kind);
        writer.SetMetadata("width", Width.ToString(CultureInfo.InvariantCulture));
        foreach (var (name, values) in Tensors) writer.Add(name, values);
        writer.Write(path);
    }

    /// <summary>Reads an adapter.</summary>
    /// <param name="path">A file of <see cref="Save"/>.</param>
    /// <exception cref="InputException">The file is missing, damaged, or no adapter.</exception>
    public static Adapter Load(string path)
    {
        using var file = SafeTensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("kind", out string? kind) || file.Metadata.GetValueOrDefault("format") != "csaligner-adapter")
            throw new InputException($"{path}: this safetensors file is no adapter (its metadata lacks format = csaligner-adapter and kind); give one that align wrote");
        if (file.Metadata.GetValueOrDefault("format_version") != FormatVersion.ToString(CultureInfo.InvariantCulture))
            throw new InputException($"{path}: adapter format {file.Metadata.GetValueOrDefault("format_version")} is unknown, this version reads {FormatVersion}; update csalign");
        Adapter adapter = kind switch
        {
            IdentityAdapter.KindName => new IdentityAdapter(Read(file, "shift", 1)),
            LowRankAdapter.KindName => new LowRankAdapter(Read(file, "shift", 1), Read(file, "down.weight", 2), Read(file, "up.weight", 2)),
            MlpAdapter.KindName => new MlpAdapter(
                Read(file, "shift", 1), Read(file, "down.weight", 2), Read(file, "down.bias", 1), Read(file, "up.weight", 2), Read(file, "up.bias", 1)),
            _ => throw new InputException($"{path}: adapter kind '{kind}' is unknown; known are {string.Join(", ", AdapterOptions.Kinds)}"),
        };
        return adapter.Fits() ? adapter : throw new InputException($"{path}: the shapes of the adapter's tensors do not fit each other; the file is damaged");
    }

    /// <summary>Whether training may change the tensors.</summary>
    /// <param name="trainable">False freezes all of them.</param>
    public abstract void RequireGrad(bool trainable);

    /// <summary>A copy with tensors of its own.</summary>
    public abstract Adapter Clone();

    /// <summary>Whether the shapes of the tensors go together.</summary>
    protected abstract bool Fits();

    private static Tensor Read(SafeTensorsFile file, string name, int rank)
    {
        if (!file.Contains(name)) throw new InputException($"{file.Path}: the adapter lacks its tensor \"{name}\"; the file is damaged");
        var tensor = file.ReadTensor(name);
        if (tensor.Rank != rank) throw new InputException($"{file.Path}: \"{name}\" has rank {tensor.Rank}, expected {rank}; the file is damaged");
        foreach (float value in tensor.Span)
            if (!float.IsFinite(value)) throw new InputException($"{file.Path}: \"{name}\" holds a value that is not finite; the file is damaged");
        return tensor;
    }
}
