using System.Text.Json;
using CsAligner.Cli.Running;
using CsAligner.Data.Images;
using CsAligner.Generation;
using CsAligner.Studies.Encoders;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;
using CsAligner.Training;

namespace CsAligner.Cli.Verbs;

/// <summary>The work of <c>generate</c> with its progress: from the inputs to a folder of pictures.</summary>
internal sealed class GenerateRun(Session session, GenerateInputs inputs, string decoderName, GenerateSettings settings)
{
    /// <summary>Makes the pictures.</summary>
    /// <param name="folder">Where; refused where it holds others.</param>
    /// <param name="json">Whether to print what made them.</param>
    public void Write(string folder, bool json)
    {
        using var held = OutputLock.OfFolder(folder);
        PictureFolder.RequireFree(folder);
        long start = session.Terminal.Time.GetTimestamp();
        using PictureMaker decoder = PictureMaker.Load(decoderName, settings);
        (Tensor rows, ulong[]? noise) = inputs.Read(session, decoderName, decoder.Width);
        var pictures = new PictureFolder(folder, decoder.ImageSize, settings.Count, (long)rows.Rows * settings.Count);
        try
        {
            Make(decoder, rows, noise, pictures);
        }
        catch (OperationCanceledException stopped) when (pictures.Written > 0)
        {
            throw new StoppedException($"stopped; the first {pictures.Written} pictures are in {folder}", stopped);
        }

        double seconds = session.Terminal.Time.GetElapsedTime(start).TotalSeconds;
        string account = Session.JsonText(writer => WriteJson(writer, decoder, rows.Rows, pictures, seconds));
        pictures.Finish(account);
        if (json) session.Terminal.Output.WriteLine(account);
        string made = pictures.Written == 1 ? "1 picture" : $"{pictures.Written} pictures";
        session.Terminal.Say($"{made}, {GeneratedPictures.SheetFile} and {GeneratedPictures.RecordFile} written to {folder}");
    }

    private void Make(PictureMaker decoder, Tensor rows, ulong[]? noise, PictureFolder pictures)
    {
        long done = 0;
        session.Terminal.WithProgress(
            "making pictures",
            decoder.Evaluations(rows.Rows),
            progress => decoder.Run(rows, pictures.Write, noise, evaluated => progress.Report(done += evaluated), session.Cancellation),
            "evaluations");
    }

    private void WriteJson(Utf8JsonWriter writer, PictureMaker decoder, int rows, PictureFolder pictures, double seconds)
    {
        writer.WriteStartObject();
        inputs.WriteJson(writer, rows);
        GenerateInputs.WriteFile(writer, "decoder", decoderName, ModelFingerprint.OfWeights);
        writer.WriteNumber("image_size", decoder.ImageSize);
        writer.WriteNumber("count", settings.Count);
        writer.WriteNumber("steps", decoder.Settings.Steps);
        writer.WriteNumber("guidance", decoder.Settings.Guidance);
        writer.WriteString("sampler", decoder.Settings.Sampler);
        writer.WriteNumber("seed", settings.Seed);
        writer.WriteNumber("seconds", seconds);
        writer.WriteNumber("peak_bytes", RunEnvironment.PeakBytes);
        RunEnvironment.WriteProperties(writer);
        pictures.WriteNames(writer);
        writer.WriteEndObject();
    }
}
