using System.Diagnostics.CodeAnalysis;
using CsAligner.Tensors;

namespace CsAligner.Adapters;

/// <summary>
/// Kinds of adapters by name. It does not change: <see cref="With"/> makes another, which <see cref="AdapterOptions.Kinds"/> and
/// <see cref="Adapter.Load(string, AdapterKinds?)"/> take.
/// </summary>
public sealed class AdapterKinds
{
    private readonly AdapterKind[] _kinds;

    private AdapterKinds(AdapterKind[] kinds) => _kinds = kinds;

    /// <summary>The kinds of this library: <c>low-rank</c>, <c>mlp</c>, <c>linear</c>, <c>stack</c>,
    /// <c>transformer</c> and <c>mean-shift</c>.</summary>
    public static AdapterKinds BuiltIn { get; } = new(
    [
        LowRankAdapter.Definition, MlpAdapter.Definition, LinearAdapter.Definition, ResidualStackAdapter.Definition,
        TransformerAdapter.Definition,
        IdentityAdapter.Definition,
    ]);

    /// <summary>All of them, in the order of their adding.</summary>
    public IReadOnlyList<AdapterKind> All => _kinds;

    /// <summary>Their names, in the same order.</summary>
    public IReadOnlyList<string> Names => [.. _kinds.Select(kind => kind.Name)];

    /// <summary>The kind of a name.</summary>
    /// <param name="name">As in <see cref="Names"/>.</param>
    /// <exception cref="InputException">There is no kind of this name.</exception>
    public AdapterKind this[string name] => TryGet(name, out var kind)
        ? kind
        : throw new InputException($"adapter: expected one of {string.Join(", ", Names)}, got '{name}'{Suggestion.End(name, Names)}");

    /// <summary>Looks a kind up.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="kind">The kind, if there is one of that name.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out AdapterKind? kind)
    {
        kind = Array.Find(_kinds, k => k.Name == name);
        return kind != null;
    }

    /// <summary>These kinds and others.</summary>
    /// <param name="kinds">Each of a name that is not there yet.</param>
    /// <exception cref="ArgumentException">A name is blank or there already.</exception>
    public AdapterKinds With(params AdapterKind[] kinds)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        AdapterKind[] all = [.. _kinds, .. kinds];
        foreach (var kind in kinds)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(kind.Name, nameof(kinds));
            if (all.Count(k => k.Name == kind.Name) > 1)
                throw new ArgumentException($"The adapter kind '{kind.Name}' exists already; give yours another name.", nameof(kinds));
        }

        return new AdapterKinds(all);
    }

    /// <summary>An adapter at its start.</summary>
    /// <param name="options">Its kind, one of these, and its size.</param>
    /// <param name="shift">[D], its fixed shift.</param>
    /// <param name="outputWidth">The shared width.</param>
    /// <param name="random">Draws its weights.</param>
    /// <exception cref="InputException">There is no such kind, or it cannot change the width.</exception>
    /// <exception cref="InvalidOperationException">The kind made an adapter of other widths, or of another kind.</exception>
    public Adapter Create(AdapterOptions options, Tensor shift, int outputWidth, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(shift);
        ArgumentNullException.ThrowIfNull(random);
        var kind = this[options.Kind];
        int width = shift.Length;
        if (width != outputWidth && !kind.ChangesWidth)
        {
            string others = string.Join(" or ", _kinds.Where(k => k.ChangesWidth).Select(k => k.Name));
            throw new InputException(
                $"adapter: {kind.Name} keeps the width, but must map width {width} to width {outputWidth}; use {others}");
        }

        var adapter = kind.Create(new AdapterStart(shift, outputWidth, options.Size, options.Layers, random));
        if (adapter.Width != width || adapter.OutputWidth != outputWidth)
        {
            throw new InvalidOperationException(
                $"The adapter kind '{kind.Name}' must map width {width} to {outputWidth}, but created an adapter "
                    + $"of {adapter.Width} to {adapter.OutputWidth}.");
        }

        return OfItsKind(adapter, kind);
    }

    /// <summary>The adapter of a file's tensors, the shapes of which go together.</summary>
    internal Adapter Load(string name, AdapterTensors tensors)
    {
        if (!TryGet(name, out var kind))
        {
            throw new InputException(
                $"{tensors.Path}: adapter kind '{name}' is unknown; known are {string.Join(", ", Names)}; only the application that "
                    + "defines a kind can read it");
        }

        var adapter = OfItsKind(kind.Load(tensors), kind);
        return adapter.HasFittingShapes ? adapter : throw tensors.Misfit();
    }

    // Saved under another name than it was made by, it would not load again.
    private static Adapter OfItsKind(Adapter adapter, AdapterKind kind) => adapter.Kind == kind.Name
        ? adapter
        : throw new InvalidOperationException(
            $"The adapter kind '{kind.Name}' created an adapter of Kind '{adapter.Kind}'; its Kind must be the kind's name.");
}
