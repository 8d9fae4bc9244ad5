using CsAligner.Tensors;

namespace CsAligner.Generation.Diffusion;

/// <summary>Kinds of samplers by name. An application adds its samplers to its own registry; there is no global one.</summary>
public sealed class Samplers
{
    private readonly Dictionary<string, Func<Sampler>> _kinds = new(StringComparer.Ordinal);

    /// <summary>The name of the one that is used where none is named.</summary>
    public const string Default = "euler";

    /// <summary>A registry that knows euler and heun.</summary>
    public Samplers()
    {
        Register(() => new EulerSampler());
        Register(() => new HeunSampler());
    }

    /// <summary>The names of all kinds, in the order in which they came.</summary>
    public IReadOnlyCollection<string> Names => _kinds.Keys;

    /// <summary>Adds a kind under the name that its samplers have; one of the same name is replaced.</summary>
    /// <param name="create">Makes a new sampler.</param>
    public void Register(Func<Sampler> create)
    {
        ArgumentNullException.ThrowIfNull(create);
        _kinds[create().Name] = create;
    }

    /// <summary>A new sampler of a kind.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InputException">No kind has that name.</exception>
    public Sampler Create(string name) => _kinds.TryGetValue(name, out var create)
        ? create()
        : throw new InputException($"unknown sampler '{name}'; expected {string.Join(" or ", _kinds.Keys)}");
}
