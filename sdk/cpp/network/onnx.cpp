#include "onnx.hpp"

#include <cstring>
#include <limits>

#include "../error.hpp"

namespace myoshu::onnx {

namespace {

constexpr std::int64_t kMostNumbers = std::int64_t{1} << 31;

[[noreturn]] void broken() { throw NetworkError("graph: expected an ONNX model, got bytes that are none"); }

// One field of a message: a number, or bytes.
struct Field {
    std::uint64_t number = 0;
    unsigned wire = 0;
    std::uint64_t value = 0;
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;

    std::string text() const {
        if (wire != 2) broken();
        return {reinterpret_cast<const char*>(data), size};
    }
};

class Message {
public:
    Message(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

    explicit Message(const Field& field) : at_(field.data), end_(field.data + field.size) {
        if (field.wire != 2) broken();
    }

    bool next(Field& field) {
        if (at_ == end_) return false;
        const std::uint64_t key = varint();
        field = Field{};
        field.number = key >> 3;
        field.wire = static_cast<unsigned>(key & 7);
        if (field.number == 0) broken();
        if (field.wire == 0) {
            field.value = varint();
        } else if (field.wire == 2) {
            const std::uint64_t size = varint();
            if (size > static_cast<std::uint64_t>(end_ - at_)) broken();
            field.data = at_;
            field.size = static_cast<std::size_t>(size);
            at_ += size;
        } else if (field.wire == 1 || field.wire == 5) {
            const std::size_t size = field.wire == 1 ? 8 : 4;
            if (size > static_cast<std::size_t>(end_ - at_)) broken();
            field.data = at_;
            field.size = size;
            at_ += size;
        } else {
            broken();
        }
        return true;
    }

    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at_ < end_; shift += 7) {
            const std::uint8_t byte = *at_++;
            value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
            if (byte < 0x80) return value;
        }
        broken();
    }

    bool done() const { return at_ == end_; }

private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
};

// Integers of a repeated field, packed or one by one.
void append(const Field& field, std::vector<std::int64_t>& integers) {
    if (field.wire == 0) {
        integers.push_back(static_cast<std::int64_t>(field.value));
        return;
    }
    Message packed(field);
    while (!packed.done()) integers.push_back(static_cast<std::int64_t>(packed.varint()));
}

float little_endian_float(const std::uint8_t* bytes) {
    const std::uint32_t bits = static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
        static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

std::int64_t little_endian_integer(const std::uint8_t* bytes) {
    std::uint64_t value = 0;
    for (int i = 7; i >= 0; --i) value = value << 8 | bytes[i];
    return static_cast<std::int64_t>(value);
}

Type type_of(std::uint64_t number) {
    if (number != static_cast<std::uint64_t>(Type::kFloat) && number != static_cast<std::uint64_t>(Type::kInt64)) {
        throw NetworkError(text("graph: expected tensors of float32 or int64, got ONNX's type ", number));
    }
    return static_cast<Type>(number);
}

Tensor read_tensor(Message message, std::string& name) {
    Tensor tensor;
    const std::uint8_t* raw = nullptr;
    std::size_t raw_size = 0;
    Field field;
    while (message.next(field)) {
        if (field.number == 1) append(field, tensor.dims);
        if (field.number == 2) tensor.type = type_of(field.value);
        if (field.number == 4) {
            if (field.wire != 2 && field.wire != 5) broken();
            if (field.size % 4 != 0) broken();
            for (std::size_t i = 0; i < field.size; i += 4) tensor.floats.push_back(little_endian_float(field.data + i));
        }
        if (field.number == 7) append(field, tensor.ints);
        if (field.number == 8) name = field.text();
        if (field.number == 9) {
            if (field.wire != 2) broken();
            raw = field.data;
            raw_size = field.size;
        }
        if (field.number == 14) tensor.external = field.value != 0;
    }
    const std::int64_t count = tensor.size();
    if (raw != nullptr) {
        const std::size_t width = tensor.type == Type::kFloat ? 4 : 8;
        if (raw_size != static_cast<std::size_t>(count) * width) broken();
        for (std::size_t i = 0; i < raw_size; i += width) {
            if (tensor.type == Type::kFloat) {
                tensor.floats.push_back(little_endian_float(raw + i));
            } else {
                tensor.ints.push_back(little_endian_integer(raw + i));
            }
        }
    }
    const std::size_t found = tensor.type == Type::kFloat ? tensor.floats.size() : tensor.ints.size();
    if (!tensor.external && found != static_cast<std::size_t>(count)) {
        throw NetworkError(text("graph: ", name, ": expected ", count, " numbers, got ", found));
    }
    return tensor;
}

Node read_node(Message message) {
    Node node;
    Field field;
    while (message.next(field)) {
        if (field.number == 1) node.inputs.push_back(field.text());
        if (field.number == 2) node.outputs.push_back(field.text());
        if (field.number == 4) node.op = field.text();
        if (field.number == 7 && field.size != 0 && field.text() != "ai.onnx") {
            throw NetworkError("graph: expected ONNX's own operators only, got one of " + field.text().substr(0, 80));
        }
        if (field.number == 5) {
            std::string name;
            Attribute attribute;
            Message inner(field);
            Field part;
            while (inner.next(part)) {
                if (part.number == 1) name = part.text();
                if (part.number == 3) attribute.integer = static_cast<std::int64_t>(part.value);
                if (part.number == 8) append(part, attribute.integers);
                if (part.number == 6 || part.number == 11) {
                    throw NetworkError("graph: expected neither loops nor branches, got a graph in a node");
                }
            }
            node.attributes.emplace(name, attribute);
        }
    }
    return node;
}

Port read_port(Message message) {
    Port port;
    Field field;
    while (message.next(field)) {
        if (field.number == 1) port.name = field.text();
        if (field.number != 2) continue;
        Message type(field);
        while (type.next(field)) {
            if (field.number != 1) continue;
            Message tensor(field);
            while (tensor.next(field)) {
                if (field.number == 1) port.type = type_of(field.value);
                if (field.number != 2) continue;
                Message shape(field);
                while (shape.next(field)) {
                    if (field.number != 1) continue;
                    Message dimension(field);
                    std::int64_t size = -1;
                    Field part;
                    while (dimension.next(part)) {
                        if (part.number == 1) size = static_cast<std::int64_t>(part.value);
                    }
                    port.dims.push_back(size);
                }
            }
        }
    }
    if (port.dims.empty() || port.dims[0] != -1) {
        throw NetworkError("graph: " + port.name + ": expected an open first dimension, the batch");
    }
    port.dims.erase(port.dims.begin());
    for (const std::int64_t size : port.dims) {
        if (size < 1) throw NetworkError("graph: " + port.name + ": expected dimensions of a known size after the batch");
    }
    return port;
}

}  // namespace

std::int64_t Tensor::size() const {
    std::int64_t count = 1;
    for (const std::int64_t dimension : dims) {
        if (dimension < 0 || (dimension > 0 && count > kMostNumbers / dimension)) broken();
        count *= dimension;
    }
    return count;
}

std::int64_t Node::integer(const char* name, std::int64_t otherwise) const {
    const auto found = attributes.find(name);
    return found == attributes.end() ? otherwise : found->second.integer;
}

std::vector<std::int64_t> Node::integers(const char* name, const std::vector<std::int64_t>& otherwise) const {
    const auto found = attributes.find(name);
    return found == attributes.end() ? otherwise : found->second.integers;
}

Graph read(const std::uint8_t* data, std::size_t size) {
    Graph graph;
    bool found = false;
    Message model(data, size);
    Field field;
    while (model.next(field)) {
        if (field.number != 7) continue;
        if (found) broken();
        found = true;
        Message parts(field);
        Field part;
        while (parts.next(part)) {
            if (part.number == 1) graph.nodes.push_back(read_node(Message(part)));
            if (part.number == 5) {
                std::string name;
                Tensor tensor = read_tensor(Message(part), name);
                graph.tensors[name] = std::move(tensor);
            }
            if (part.number == 11) graph.inputs.push_back(read_port(Message(part)));
            if (part.number == 12) graph.outputs.push_back(read_port(Message(part)));
        }
    }
    if (!found) broken();
    return graph;
}

}  // namespace myoshu::onnx
