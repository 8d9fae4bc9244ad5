using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Adapters;

/// <summary>The tensors of an adapter file, read by name with what each must be.</summary>
public sealed class AdapterTensors
{
    private readonly SafeTensorsFile _file;

    internal AdapterTensors(SafeTensorsFile file) => _file = file;

    /// <summary>The file, for messages.</summary>
    public string Path => _file.Path;

    /// <summary>Whether the file has a tensor of this name.</summary>
    /// <param name="name">As in <see cref="Adapter.Tensors"/>.</param>
    public bool Has(string name) => _file.Contains(name);

    /// <summary>A tensor that must exist, have this rank and be finite.</summary>
    /// <param name="name">As in <see cref="Adapter.Tensors"/>.</param>
    /// <param name="rank">How many dimensions it must have.</param>
    /// <exception cref="InputException">It is missing, of another rank, or holds NaN or infinity.</exception>
    public Tensor Read(string name, int rank)
    {
        if (!_file.Contains(name)) throw new InputException($"{Path}: tensor \"{name}\" is missing; the file is damaged");
        var tensor = _file.ReadWeights(name);
        if (tensor.Rank != rank)
            throw new InputException($"{Path}: \"{name}\" has rank {tensor.Rank}, expected {rank}; the file is damaged");
        return tensor;
    }

    /// <summary>The exception for tensors with shapes that do not match.</summary>
    public InputException Misfit() => new($"{Path}: the shapes of the adapter's tensors do not match; the file is damaged");
}
