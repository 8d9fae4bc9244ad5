using CsAligner.Tensors;
using static CsAligner.Data.Interop.NativeVips;

namespace CsAligner.Data.Interop;

/// <summary>One call of a libvips operation: set the inputs, build, take the image. Images must be released.</summary>
internal unsafe ref struct VipsOperation
{
    private nint _operation;

    public VipsOperation(string name)
    {
        VipsLibrary.Load();
        _operation = vips_operation_new(name);
        if (_operation == 0)
            throw new InputException($"this libvips has no operation '{name}' ({VipsLibrary.TakeError()}); use the one that 'csalign fetch icons' installs");
    }

    /// <summary>Sets a property of an enumeration type to one of its numbers, which are part of libvips' interface.</summary>
    public readonly void SetEnum(string property, nuint type, int number)
    {
        GValue value = default;
        g_value_init(&value, type);
        g_value_set_enum(&value, number);
        Set(property, &value);
    }

    public readonly void SetImage(string property, nint image)
    {
        GValue value = default;
        g_value_init(&value, vips_image_get_type());
        g_value_set_object(&value, image);
        Set(property, &value);
    }

    /// <summary>The bytes must stay where they are until the image made of them is released.</summary>
    public readonly void SetBuffer(string property, byte* data, int length)
    {
        nint blob = vips_blob_new(0, data, (nuint)length);
        GValue value = default;
        g_value_init(&value, vips_blob_get_type());
        g_value_set_boxed(&value, blob);
        Set(property, &value);
        vips_area_unref(blob);
    }

    /// <summary>Runs the operation; the caller owns the image. Zero: it failed, and the reason is in the error buffer.</summary>
    public nint Build()
    {
        nint built = vips_cache_operation_build(_operation);
        if (built == 0)
        {
            vips_object_unref_outputs(_operation);
            return 0;
        }

        g_object_unref(_operation);
        _operation = built;
        GValue value = default;
        g_value_init(&value, vips_image_get_type());
        g_object_get_property(_operation, "out", &value);
        // get_property gave the value its own reference, which unset takes back: the build's reference is ours to keep.
        nint image = g_value_get_object(&value);
        g_value_unset(&value);
        return image;
    }

    public void Dispose()
    {
        if (_operation != 0)
            g_object_unref(_operation);
        _operation = 0;
    }

    private readonly void Set(string property, GValue* value)
    {
        g_object_set_property(_operation, property, value);
        g_value_unset(value);
    }

    /// <summary>Copies the pixels of an 8-bit image out, computing them on the way. False: it failed on the way.</summary>
    public static bool TryRead(nint image, Span<byte> pixels)
    {
        nint memory = vips_image_write_to_memory(image, out nuint length);
        if (memory == 0)
            return false;
        bool fits = length == (nuint)pixels.Length;
        if (fits)
            new ReadOnlySpan<byte>((void*)memory, pixels.Length).CopyTo(pixels);
        g_free(memory);
        return fits;
    }
}
