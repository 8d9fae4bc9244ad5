using System.Globalization;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Formats;
using CsAligner.Tensors.Ops;

namespace CsAligner.Adapters;

// Shapes: x [B, D] rows of a frozen encoder, L2-normalised; packed samples [N, D], of each its feature, then its tokens.

/// <summary>
/// A small trainable map from one encoder's space into the shared one, [B, D] to [B, E]. What it returns is
/// normalised to unit rows by <see cref="Encode"/> and <see cref="Apply"/>; <see cref="Forward"/> alone does not.
/// Tokens go through the same map as features, each by itself; only an adapter that <see cref="UsesTokens"/> mixes the
/// rows of a sample.
/// </summary>
public abstract class Adapter
{
    /// <summary>The format of adapter files; a reader refuses later ones. Adapters without a <see cref="Start"/> are of format 1.</summary>
    public const int FormatVersion = 2;

    private const string StartWeight = "start.weight", StartShift = "start.shift";

    /// <summary>The name of its <see cref="AdapterKind"/>, under which files and <c>--adapter</c> know it.</summary>
    public abstract string Kind { get; }

    /// <summary>Width of the rows that the map itself takes, D: those of <see cref="Start"/>, where there is one.</summary>
    public abstract int Width { get; }

    /// <summary>Width of the features it is applied to: D, or what <see cref="Start"/> takes.</summary>
    public int InputWidth => Start?.Width ?? Width;

    /// <summary>Width of the rows it gives, E.</summary>
    public virtual int OutputWidth => Width;

    /// <summary>Whether a sample's tokens decide what becomes of its feature; without them it sees the feature alone.</summary>
    public virtual bool UsesTokens => false;

    /// <summary>The fixed map that rows go through first; null where they come as they are. It is saved with the adapter.</summary>
    public StartMap? Start { get; internal set; }

    /// <summary>All tensors by the names they have in files, fixed ones included, but for those of <see cref="Start"/>.</summary>
    public abstract IReadOnlyList<(string Name, Tensor Values)> Tensors { get; }

    /// <summary>The tensors that training changes.</summary>
    public IEnumerable<(string Name, Tensor Values)> Parameters => Tensors.Where(t => t.Values.RequiresGrad);

    /// <summary>The number of values in all tensors.</summary>
    public long ParameterCount => Tensors.Sum(t => (long)t.Values.Length);

    /// <summary>The map itself, what follows <see cref="Start"/>.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[N, D].</param>
    /// <param name="offsets">The first row of each sample, and N; null if each row is a sample. Not copied.</param>
    /// <returns>[N, E], not normalised.</returns>
    public abstract Tensor Forward(Tape tape, Tensor x, int[]? offsets = null);

    /// <summary><see cref="Start"/>, the map, and L2 normalisation of the rows.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="x">[N, D].</param>
    /// <param name="offsets">As for <see cref="Forward"/>.</param>
    public Tensor Encode(Tape tape, Tensor x, int[]? offsets = null)
    {
        ArgumentNullException.ThrowIfNull(tape);
        ArgumentNullException.ThrowIfNull(x);
        return tape.Normalize(Forward(tape, Start?.Forward(tape, x) ?? x, offsets));
    }

    /// <summary>Maps any number of rows in blocks: beyond input and output, it needs the memory of one block.</summary>
    /// <param name="x">[R, <see cref="InputWidth"/>], unit rows.</param>
    /// <param name="tokens">The tokens of each row, for an adapter that <see cref="UsesTokens"/>.</param>
    /// <param name="blockRows">Rows of a block.</param>
    /// <returns>[R, E], unit rows.</returns>
    /// <exception cref="InputException">Rows or tokens are of another width, or there are other numbers of them.</exception>
    public Tensor Apply(Tensor x, ITokenSource? tokens = null, int blockRows = 4096)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfLessThan(blockRows, 1);
        if (x.Rank != 2 || x.Width != InputWidth)
            throw new InputException($"apply: the adapter maps rows of width {InputWidth}, got {x}");
        if (tokens != null && (tokens.Count != x.Rows || tokens.Width != InputWidth))
            throw new InputException(
                $"apply: the tokens have {tokens.Count} samples of width {tokens.Width}, expected {x.Rows} of width {InputWidth}");
        var features = new SampleFeatures((x, tokens));
        var result = new Tensor(x.Rows, OutputWidth);
        for (int start = 0; start < x.Rows; start += blockRows)
        {
            int rows = Math.Min(blockRows, x.Rows - start);
            using var tape = Tape.Inference();
            int[] samples = [.. Enumerable.Range(start, rows)];
            int[]? offsets = tokens != null && UsesTokens ? SampleOffsets.Of(samples, features.TokenCount) : null;
            var y = Encode(tape, features.Read(tape, samples, offsets?[^1] ?? rows, offsets != null), offsets);
            (offsets == null ? y : tape.Gather(y, offsets[..^1])).Span.CopyTo(result.Span[(start * OutputWidth)..]);
        }

        return result;
    }

    /// <summary>Writes the adapter to a safetensors file, atomically; its metadata have kind and sizes.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path)
    {
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "csaligner-adapter");
        writer.SetMetadata("format_version", (Start == null ? 1 : FormatVersion).ToString(CultureInfo.InvariantCulture));
        writer.SetMetadata("kind", Kind);
        writer.SetMetadata("width", Width.ToString(CultureInfo.InvariantCulture));
        writer.SetMetadata("output_width", OutputWidth.ToString(CultureInfo.InvariantCulture));
        WrittenBy.SetMetadata(writer);
        if (Start?.Weight is { } weight) writer.Add(StartWeight, weight);
        if (Start != null) writer.Add(StartShift, Start.Shift);
        foreach (var (name, values) in Tensors) writer.Add(name, values);
        writer.Write(path);
    }

    /// <summary>Reads an adapter.</summary>
    /// <param name="path">A file of <see cref="Save"/>.</param>
    /// <param name="kinds">The kinds it may be of; null for <see cref="AdapterKinds.BuiltIn"/>.</param>
    /// <exception cref="InputException">The file is missing, damaged, no adapter, or one of a kind that is not among them.</exception>
    public static Adapter Load(string path, AdapterKinds? kinds = null)
    {
        using var file = SafeTensorsFile.Open(path);
        if (!file.Metadata.TryGetValue("kind", out string? kind) || file.Metadata.GetValueOrDefault("format") != "csaligner-adapter")
            throw new InputException($"{path}: this safetensors file is not an adapter (its metadata lacks format = csaligner-adapter and "
                + "kind); give one that align wrote");
        if (file.Metadata.GetValueOrDefault("format_version") is not ("1" or "2"))
            throw new InputException($"{path}: adapter format {file.Metadata.GetValueOrDefault("format_version")} is unknown, this version "
                + $"reads {FormatVersion}; update csalign");
        var tensors = new AdapterTensors(file);
        var adapter = (kinds ?? AdapterKinds.BuiltIn).Load(kind, tensors);
        if (tensors.Has(StartShift))
        {
            Tensor shift = tensors.Read(StartShift, 1);
            Tensor? weight = tensors.Has(StartWeight) ? tensors.Read(StartWeight, 2) : null;
            bool fits = shift.Length == adapter.Width && (weight is null || weight.Rows == shift.Length);
            adapter.Start = fits ? new StartMap(weight, shift) : throw tensors.Misfit();
        }

        return adapter;
    }

    /// <summary>Whether training may change the tensors.</summary>
    /// <param name="trainable">False freezes all of them.</param>
    public abstract void RequireGrad(bool trainable);

    /// <summary>Whether the shapes of the tensors go together: asked once after they were read from a file,
    /// each of the rank that it must have.</summary>
    protected abstract bool Fits();

    internal bool HasFittingShapes => Fits();
}
