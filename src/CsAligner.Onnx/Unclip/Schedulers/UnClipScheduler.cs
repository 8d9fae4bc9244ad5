using CsAligner.Onnx.Unclip.Settings;
namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>diffusers' UnCLIPScheduler, which Karlo runs with: the first and the last time are always among those of a run.</summary>
internal sealed class UnClipScheduler(JsonFields config) : AncestralScheduler(config, "fixed_small_log")
{
    public override int LeastSteps => 2;

    public override int[] Times(int steps) => Spaced("linspace", TrainSteps, steps, 0);
}
