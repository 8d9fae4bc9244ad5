using CsAligner.Onnx.Unclip.Settings;
namespace CsAligner.Onnx.Unclip.Schedulers;

/// <summary>diffusers' DDPMScheduler, which Kandinsky 2.2 runs with.</summary>
internal sealed class DdpmScheduler(JsonFields config) : AncestralScheduler(config, "fixed_small")
{
    private readonly string _spacing = SpacingOf(config);
    private readonly int _offset = config.Whole("steps_offset", 0, 0, 1000);

    public override int[] Times(int steps) => Spaced(_spacing, TrainSteps, steps, _offset);
}
