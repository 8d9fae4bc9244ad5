using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Adapters;

/// <summary>The tensors of an adapter file, read with what each must be.</summary>
internal sealed class AdapterTensors(SafeTensorsFile file)
{
    public bool Has(string name) => file.Contains(name);

    /// <summary>A tensor that is there, of the rank, all of it finite.</summary>
    /// <exception cref="InputException">It is not.</exception>
    public Tensor Read(string name, int rank)
    {
        if (!file.Contains(name)) throw new InputException($"{file.Path}: the adapter lacks its tensor \"{name}\"; the file is damaged");
        var tensor = file.ReadWeights(name);
        if (tensor.Rank != rank) throw new InputException($"{file.Path}: \"{name}\" has rank {tensor.Rank}, expected {rank}; the file is damaged");
        return tensor;
    }
}
