using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Training;

/// <summary>
/// An encoder that trains with the alignment, such as a CLIP tower with LoRA: it makes a sample's feature and tokens again in every
/// step, from the sample's number. Numbers run through the pairs' rows, the unpaired rows and the validation rows of the side, in
/// this order, as far as there are any.
/// </summary>
public interface ITrainableEncoder
{
    /// <summary>D, the width of its rows.</summary>
    int Width { get; }

    /// <summary>How many samples it has.</summary>
    int Count { get; }

    /// <summary>What trains, by name.</summary>
    IReadOnlyList<(string Name, Tensor Values)> Parameters { get; }

    /// <summary>Decides the result together with the parameters: model, settings and inputs.</summary>
    string Fingerprint { get; }

    /// <summary>How many tokens a sample has.</summary>
    /// <param name="sample">Its number.</param>
    int TokenCount(int sample);

    /// <summary>The samples' unit rows: of each its feature and, where they are asked for, its tokens.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="samples">At least one number.</param>
    /// <param name="tokens">Whether tokens are asked for.</param>
    /// <returns>[N, D].</returns>
    Tensor Encode(Tape tape, ReadOnlySpan<int> samples, bool tokens);
}
