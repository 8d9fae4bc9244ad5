namespace CsAligner.Tensors.Autograd;

/// <summary>The gradients of a custom operation (<see cref="Tape.Apply"/>) in the backward pass.</summary>
public sealed unsafe class OpGradients
{
    private readonly Tensor[] _inputs;
    private readonly bool[] _given;

    internal OpGradients(Tensor result, Tensor[] inputs) => (Result, _inputs, _given) = (result, inputs, new bool[inputs.Length]);

    /// <summary>The result of the operation.</summary>
    public Tensor Result { get; }

    /// <summary>d loss / d result, as many elements as the result, row after row.</summary>
    public ReadOnlySpan<float> Upstream => Result.Grad;

    /// <summary>Whether a gradient with respect to an input is asked for; of one that is not, none need be computed.</summary>
    /// <param name="input">Its number among the operation's inputs, from 0.</param>
    public bool Wants(int input) => _inputs[input].RequiresGrad;

    /// <summary>
    /// d loss / d input, as many elements as the input. It may hold what other uses of the input have added: add to it (<c>+=</c>), and do
    /// not set it.
    /// </summary>
    /// <param name="input">Its number among the operation's inputs, from 0.</param>
    /// <exception cref="InvalidOperationException">No gradient of this input is asked for.</exception>
    public Span<float> Of(int input)
    {
        var tensor = _inputs[input];
        if (!tensor.RequiresGrad)
            throw new InvalidOperationException($"The gradient of input {input} is not needed: call Of({input}) only where "
                + $"Wants({input}).");
        _given[input] = true;
        var gradient = new Span<float>(tensor.GradSink(out bool accumulate), tensor.Length);
        if (!accumulate) gradient.Clear();
        return gradient;
    }

    internal void Run(Action<OpGradients> backward)
    {
        backward(this);

        // Left out, it would count as zero, and a parameter would not train without a word.
        int missing = Array.FindIndex(_given, given => !given);
        while (missing >= 0 && !Wants(missing)) missing = Array.FindIndex(_given, missing + 1, given => !given);
        if (missing >= 0)
        {
            throw new InvalidOperationException(
                $"The backward pass of an operation gave no gradient of its input {missing}, which requires one: call Of({missing}), and "
                    + "add nothing where it is zero.");
        }
    }
}
