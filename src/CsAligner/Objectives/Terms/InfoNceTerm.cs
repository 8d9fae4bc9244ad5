using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;

namespace CsAligner.Objectives.Terms;

/// <summary>
/// InfoNCE of pairs. Where images have several texts each (T texts in all): each text has one image to find, each image has all of its
/// texts; the mean over texts of -ln of their share among all images and among all texts, by a scale that is taken as constant.
/// </summary>
internal sealed class InfoNceTerm : ObjectiveTerm
{
    public override string Name => "infonce";

    public override bool NeedsPairs => true;

    public override bool IsContrastive => true;

    public override bool NeedsLogitScale => true;

    public override bool SupportsAllCaptions => true;

    public override Tensor Forward(Tape tape, TermInputs inputs) => inputs.ImageOfText is { } imageOfText
        ? OfTexts(tape, inputs, [.. imageOfText])
        : new CsAlignerObjective { CsWeight = 0, InfoNceWeight = 1 }.Forward(tape, inputs.X, inputs.Y, inputs.LogitScale,
            inputs.Pairs).Loss;

    private static Tensor OfTexts(Tape tape, TermInputs inputs, int[] imageOfText)
    {
        int texts = imageOfText.Length;
        Tensor paired = tape.Slice(inputs.X, 0, 0, inputs.Pairs), captions = tape.Slice(inputs.Y, 0, 0, texts);
        float scale = MathF.Exp(inputs.LogitScale.Span[0]);
        var toImages = tape.Scale(tape.MatMul(captions, paired, transposeB: true), scale);
        var toTexts = tape.Gather(tape.Scale(tape.MatMul(paired, captions, transposeB: true), scale), imageOfText);
        return tape.Scale(tape.Add(tape.CrossEntropy(toImages, imageOfText), tape.CrossEntropy(toTexts, [.. Enumerable.Range(0, texts)])),
            0.5f);
    }
}
