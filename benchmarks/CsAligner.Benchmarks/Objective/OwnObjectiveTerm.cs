using CsAligner.Objectives;
using CsAligner.Objectives.Terms;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Benchmarks.Objective;

/// <summary>D_CS + lambda InfoNCE as an application writes it, by public members alone. Two ways, for any rows and for unit rows.</summary>
internal sealed class OwnObjectiveTerm(double lambda, bool elementary) : ObjectiveTerm
{
    /// <inheritdoc/>
    public override string Name => "own";

    /// <inheritdoc/>
    public override bool NeedsBandwidth => true;

    /// <inheritdoc/>
    public override bool NeedsLogitScale => true;

    /// <inheritdoc/>
    public override Tensor Forward(Tape tape, TermInputs inputs) => elementary ? OfProducts(tape, inputs) : OfDivergences(tape, inputs);

    private Tensor OfDivergences(Tape tape, TermInputs inputs) => tape.Add(
        tape.CauchySchwarz(inputs.X, inputs.Y, inputs.Bandwidth),
        tape.Scale(tape.InfoNceLoss(inputs.X, inputs.Y, inputs.LogitScale), (float)lambda));

    // Unit rows: |a - b|² = 2 - 2 a · b, so the kernel is exp((a · b - 1) / sigma²). All of it as B x B matrices.
    private Tensor OfProducts(Tape tape, TermInputs inputs)
    {
        float sharpness = (float)(1 / (inputs.Bandwidth * inputs.Bandwidth)), scale = MathF.Exp(inputs.LogitScale.Span[0]);
        Tensor shift = Tensor.From([-sharpness], 1), scores = Scores(inputs.X, inputs.Y);
        Tensor divergence = tape.Sub(
            tape.Add(LogMean(Scores(inputs.X, inputs.X)), LogMean(Scores(inputs.Y, inputs.Y))), tape.Scale(LogMean(scores), 2));
        int[] diagonal = [.. Enumerable.Range(0, inputs.Pairs)];
        Tensor toTexts = tape.CrossEntropy(tape.Scale(scores, scale), diagonal),
            toImages = tape.CrossEntropy(tape.Scale(Scores(inputs.Y, inputs.X), scale), diagonal);
        return tape.Add(divergence, tape.Scale(tape.Add(toTexts, toImages), (float)(0.5 * lambda)));

        Tensor Scores(Tensor a, Tensor b) => tape.MatMul(a, b, transposeB: true);

        Tensor LogMean(Tensor scored) => tape.Log(tape.Mean(tape.Exp(tape.Add(tape.Scale(scored, sharpness), shift))));
    }
}
